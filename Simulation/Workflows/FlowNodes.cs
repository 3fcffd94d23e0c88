using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>The nodes of a random workflow that is being built. Each counts its effects in the context, by name.</summary>
/// <param name="flow">The workflow.</param>
internal sealed class FlowNodes(Workflow<MergeMap<GrowCounter>> flow)
{
    public Workflow<MergeMap<GrowCounter>> Flow => flow;

    /// <summary>A node that counts an effect and then does something.</summary>
    public WorkflowNode<TIn, TOut, MergeMap<GrowCounter>> Counted<TIn, TOut>(string name, Func<TIn, NodeScope<MergeMap<GrowCounter>>, Transition<TOut>> run) =>
        flow.Node<TIn, TOut>(name, (input, scope) =>
        {
            Count(scope, name);
            return run(input, scope);
        });

    public static void Count(NodeScope<MergeMap<GrowCounter>> scope, string effect) => scope.Context = scope.Context.Change(effect, count => count.Add(scope.Writer));
}
