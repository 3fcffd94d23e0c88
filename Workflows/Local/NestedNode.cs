using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>A whole workflow as one node.</summary>
internal sealed class NestedNode<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> inner, LocalRunOptions options) : INode<TIn, TOut, TContext>
    where TContext : IMergeable<TContext>
{
    public async ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken)
    {
        var result = await inner.RunAsync(scope.Context, input, scope.Clock, options, cancellationToken).ConfigureAwait(false);
        scope.Context = result.Context;
        return Transition.Next(result.Output);
    }
}
