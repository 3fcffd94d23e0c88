using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>A node class that the services make, anew for each attempt if they are told so.</summary>
internal sealed class ServiceNode<TNode, TIn, TOut, TContext> : INode<TIn, TOut, TContext>, IUsesServices
    where TNode : class, INode<TIn, TOut, TContext>
{
    public bool UsesServices => true;

    public ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken) =>
        Resolve(scope).RunAsync(input, scope, cancellationToken);

    private static TNode Resolve(NodeScope<TContext> scope)
    {
        var type = typeof(TNode);
        if (scope.Services is not { } services)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"Node '{scope.Node}' is a {type}, which comes from services, and there are none. Give the worker a service provider, or a local run LocalRunOptions.Services.");
        }

        return (TNode?)services.GetService(type) ?? throw new FlowException(
            FlowErrorCode.BadInput, $"Node '{scope.Node}' is a {type}, which the services do not have. Register it: services.AddTransient<{type.Name}>().");
    }
}
