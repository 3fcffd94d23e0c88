using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The workflows of the benchmarks, and a worker process that serves them. Their nodes do next to nothing, so that only the platform is measured.</summary>
internal static class BenchWorkflows
{
    /// <summary>First argument that makes this executable a worker.</summary>
    public const string Argument = "--workflow-worker";

    /// <summary>Five steps, one after the other.</summary>
    public static WorkflowDefinition<int, int, NoContext> Chain5 { get; } = Chain("bench-chain-5", 5);

    /// <summary>Three steps, one after the other.</summary>
    public static WorkflowDefinition<int, int, NoContext> Chain3 { get; } = Chain("bench-chain-3", 3);

    /// <summary>Splits into as many items as its input says, and joins them.</summary>
    public static WorkflowDefinition<int, int, NoContext> FanOut { get; } = MakeFanOut();

    /// <summary>Ten items of it go round at the same time, so that a long run ends in a benchmark's time.</summary>
    public const int LoopLanes = 10;

    /// <summary>A node that runs as often as its input says (a multiple of <see cref="LoopLanes"/>), and counts in the context; returns the count.</summary>
    public static WorkflowDefinition<int, int, GrowCounter> Loop { get; } = MakeLoop();

    /// <summary>Sleeps until the time of its input (in ticks), and says when it woke.</summary>
    public static WorkflowDefinition<long, long, NoContext> Sleeper { get; } = MakeSleeper();

    public static async Task RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Serve(builder.Services.AddOrleansFlowWorker());
        await builder.Build().RunAsync();
    }

    public static void Serve(WorkerBuilder worker) =>
        worker.AddWorkflow(Chain5).AddWorkflow(Chain3).AddWorkflow(FanOut).AddWorkflow(Loop).AddWorkflow(Sleeper);

    private static WorkflowDefinition<int, int, NoContext> Chain(string name, int length)
    {
        var flow = new Workflow<NoContext>(name);
        var last = flow.Node<int, int>("step-1", static (input, _) => input + 1);
        var start = last;
        for (var step = 2; step <= length; step++)
        {
            var next = flow.Node<int, int>($"step-{step}", static (input, _) => input + 1);
            last.To(next);
            last = next;
        }

        last.End();
        return flow.Start(start).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, NoContext> MakeFanOut()
    {
        var flow = new Workflow<NoContext>("bench-fan-out");
        var join = flow.Join<int>("join", JoinRule.All);
        var sum = flow.Node<IReadOnlyList<int>, int>("sum", static (items, _) => items.Count).End();
        join.To(sum);
        var child = flow.Node<int, int>("child", static (input, _) => input).To(join);
        var split = flow.Split<int, int>("split", static count => [.. Enumerable.Range(0, count)]).To(child);
        return flow.Start(split).Build<int, int>();
    }

    private static WorkflowDefinition<int, int, GrowCounter> MakeLoop()
    {
        var flow = new Workflow<GrowCounter>("bench-loop");
        var counted = flow.Node<IReadOnlyList<int>, int>("counted", static (_, scope) => (int)scope.Context.Value).End();
        var join = flow.Join<int>("join", JoinRule.All).To(counted);
        var step = flow.Node<int, int>("step", static (left, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 1);
            return left - 1;
        });
        step.Branch(arms => arms.When(left => left > 0, step, "again").Otherwise(join));
        var lanes = flow.Split<int, int>("lanes", static steps => [.. Enumerable.Repeat(steps / LoopLanes, LoopLanes)]).To(step);
        return flow.Start(lanes).Build<int, int>();
    }

    private static WorkflowDefinition<long, long, NoContext> MakeSleeper()
    {
        var flow = new Workflow<NoContext>("bench-sleeper");
        var wake = flow.Node<long, long>("wake", static (due, _) => TimeProvider.System.GetUtcNow().UtcTicks - due).End();
        var sleep = flow.Node<long, long>("sleep", static (due, _) => Transition.WaitUntil(new DateTimeOffset(due, TimeSpan.Zero), due)).To(wake);
        return flow.Start(sleep).Build<long, long>();
    }
}
