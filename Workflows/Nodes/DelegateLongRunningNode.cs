using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>A long-running node that is a delegate.</summary>
internal sealed class DelegateLongRunningNode<TIn, TOut, TState, TContext>(
    Func<TIn, TState?, NodeScope<TContext>, CancellationToken, ValueTask<Stretch<TOut, TState>>> run)
    : ILongRunningNode<TIn, TOut, TState, TContext>
{
    public ValueTask<Stretch<TOut, TState>> RunAsync(TIn input, TState? state, NodeScope<TContext> scope, CancellationToken cancellationToken) =>
        run(input, state, scope, cancellationToken);
}
