using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>Workflows whose steps a test presents by itself.</summary>
internal static class Shapes
{
    public static CompiledWorkflow Single { get; } = Define("single", flow => flow.Start(flow.Node<int, int>("only", (value, _) => value).End()));

    public static CompiledWorkflow Split { get; } = Define("split", flow =>
        flow.Start(flow.Node<int, int>("split", (value, _) => value).To(flow.Node<int, int>("work", (value, _) => value).End())));

    private static CompiledWorkflow Define(string name, Action<Workflow<NoContext>> define)
    {
        var flow = new Workflow<NoContext>(name);
        define(flow);
        return flow.Build<int, int>().Compiled;
    }
}
