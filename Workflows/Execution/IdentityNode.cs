using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Execution;

/// <summary>What a join does once it has its items: it hands them on.</summary>
internal sealed class IdentityNode<T, TContext> : INode<T, T, TContext>
{
    public ValueTask<Transition<T>> RunAsync(T input, NodeScope<TContext> scope, CancellationToken cancellationToken) => new(Transition.Next(input));
}
