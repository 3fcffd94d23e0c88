using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>The workflows that the tests' workers serve.</summary>
internal static class TestFlows
{
    /// <summary>Adds one, counts it, doubles.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Chain { get; } = MakeChain("chain");

    /// <summary>The same under a name that no worker announces at its start; a client registers it.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Unserved { get; } = MakeChain("unserved");

    /// <summary>Waits for the signal <c>approve</c> with the name of who approves.</summary>
    public static WorkflowDefinition<string, string, GrowCounter> Approval { get; } = MakeApproval();

    /// <summary>Always fails, at once.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Broken { get; } = MakeBroken();

    /// <summary>Gives three outputs.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Several { get; } = MakeSeveral();

    /// <summary>Sleeps for so many milliseconds.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Sleeper { get; } = MakeSleeper();

    public static void AddTo(WorkerBuilder worker) =>
        worker.AddWorkflow(Chain).AddWorkflow(Approval).AddWorkflow(Broken).AddWorkflow(Several).AddWorkflow(Sleeper);

    private static WorkflowDefinition<int, int, GrowCounter> MakeChain(string name)
    {
        var flow = new Workflow<GrowCounter>(name);
        var add = flow.Node<int, int>("add", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 1);
            return value + 1;
        });
        var twice = flow.Node<int, int>("twice", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 10);
            return value * 2;
        }).End();
        add.To(twice);
        return flow.Start(add).Build<int, int>();
    }

    private static WorkflowDefinition<string, string, GrowCounter> MakeApproval()
    {
        var flow = new Workflow<GrowCounter>("approval");
        var wait = flow.Node<string, string>(
            "wait", (what, scope) => scope.TryGetSignal<string>(out var who) ? $"{what} by {who}" : Transition.WaitForSignal<string>("approve")).End();
        return flow.Start(wait).Build<string, string>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeBroken()
    {
        var flow = new Workflow<GrowCounter>("broken");
        var fail = flow.Node<int, int>("fail", (int _, NodeScope<GrowCounter> _) => throw new InvalidOperationException("it is broken")).Retry(StepRetryPolicy.Never).End();
        return flow.Start(fail).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeSeveral()
    {
        var flow = new Workflow<GrowCounter>("several");
        var give = flow.Split<int, int>("give", value => [value, value + 1, value + 2]);
        var end = flow.Node<int, int>("end", (value, _) => value).End();
        give.To(end);
        return flow.Start(give).Output(OutputRule.List).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeSleeper()
    {
        var flow = new Workflow<GrowCounter>("sleeper");
        var sleep = flow.Node<int, int>("sleep", (milliseconds, _) => Transition.Sleep(TimeSpan.FromMilliseconds(milliseconds), milliseconds)).End();
        return flow.Start(sleep).Build<int, int>();
    }
}
