using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Reads the context, works without it, and then changes it and chooses how to go on.</summary>
internal sealed class LifecycleNode<TIn, TPrepared, TResult, TOut, TContext>(
    Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<TPrepared>> prepare,
    Func<TPrepared, CancellationToken, ValueTask<TResult>> execute,
    Func<TPrepared, TResult, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> post)
    : INode<TIn, TOut, TContext>
{
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var prepared = await NodePhaseException.RunAsync(NodePhase.Prepare, () => prepare(input, scope, cancellationToken), cancellationToken).ConfigureAwait(false);
        var result = await NodePhaseException.RunAsync(NodePhase.Execute, () => execute(prepared, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await NodePhaseException.RunAsync(NodePhase.Post, () => post(prepared, result, scope, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
