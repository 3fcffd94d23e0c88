using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Turns an input into an output in three phases that know nothing of the run.</summary>
internal sealed class TransformNode<TIn, TPrepared, TResult, TOut, TContext>(
    Func<TIn, CancellationToken, ValueTask<TPrepared>> prepare,
    Func<TPrepared, CancellationToken, ValueTask<TResult>> execute,
    Func<TResult, CancellationToken, ValueTask<TOut>> post)
    : INode<TIn, TOut, TContext>
{
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var prepared = await NodePhaseException.RunAsync(NodePhase.Prepare, () => prepare(input, cancellationToken), cancellationToken).ConfigureAwait(false);
        var result = await NodePhaseException.RunAsync(NodePhase.Execute, () => execute(prepared, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await NodePhaseException.RunAsync(NodePhase.Post, () => post(result, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
