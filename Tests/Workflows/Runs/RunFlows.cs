using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Small workflows whose nodes hand on what they get; tests say themselves what a step comes to.</summary>
internal static class RunFlows
{
    /// <summary>first, then last.</summary>
    public static void Chain(Workflow<NoContext> flow) => flow.Start(Pass(flow, "first").To(Pass(flow, "last").End()));

    /// <summary>first, then left and right.</summary>
    public static void Broadcast(Workflow<NoContext> flow) => flow.Start(Pass(flow, "first").To(Pass(flow, "left").End(), Pass(flow, "right").End()));

    /// <summary>One node that goes to itself or ends.</summary>
    public static void Loop(Workflow<NoContext> flow)
    {
        var loop = Pass(flow, "loop");
        flow.Start(loop.Branch(arms => arms.When(value => value > 0, loop).OtherwiseEnd()));
    }

    /// <summary>first, then left and right, which come together.</summary>
    public static void Joined(Workflow<NoContext> flow, JoinRule rule)
    {
        var join = flow.Join<int>("join", rule).End();
        flow.Start(Pass(flow, "first").To(Pass(flow, "left").To(join), Pass(flow, "right").To(join)));
    }

    public static WorkflowNode<int, int, NoContext> Pass(Workflow<NoContext> flow, string name) => flow.Node<int, int>(name, (value, _) => value);
}
