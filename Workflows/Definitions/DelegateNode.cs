namespace OrleansFlow.Workflows.Definitions;

/// <summary>A node that is a delegate.</summary>
internal sealed class DelegateNode<TIn, TOut, TContext>(Func<TIn, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> run) : INode<TIn, TOut, TContext>
{
    public ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken) => run(input, scope, cancellationToken);
}
