using OrleansFlow.Samples.OrderFlow;
using OrleansFlow.Testing;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Testing;

/// <summary>The testing kit runs workflows as a cluster does, on the test's clock and with its faults.</summary>
public sealed class WorkflowTests : IShop
{
    private static readonly string[] Shipped = ["charge", "pack ink", "pack pen", "reserve", "ship", "tell"];

    private readonly List<string> _calls = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OfAWorkflow_HasItsOutputAndItsContext()
    {
        var flow = Chain();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(flow), Token);

        var run = await cluster.Workflow(flow).RunAsync("one", 7, Token);

        Assert.Equal((WorkflowRunStatus.Completed, 9), (run.Status, run.Output));
        Assert.Equal(2, run.Context.Value);
        var history = await cluster.Workflow(flow).ReadHistoryAsync("one", Token);
        Assert.IsType<WorkflowRunEvent.Started>(history[0]);
        Assert.Equal(2, history.OfType<WorkflowRunEvent.Committed>().Count());
    }

    [Fact]
    public async Task Run_ThatFails_SaysWhyAndWhatItTried()
    {
        var flow = new Workflow<NoContext>("failing");
        flow.Start(flow.Node<int, int>("never", (_, _) => Transition.Abort<int>(new InvalidOperationException("no luck"))).End());
        var definition = flow.Build<int, int>();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(definition), Token);

        var run = await cluster.Workflow(definition).RunAsync("one", 7, Token);

        Assert.Equal(WorkflowRunStatus.Failed, run.Status);
        Assert.Contains("no luck", run.Failure, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 4, 5], run.Errors.Select(error => error.Attempt));
        Assert.Contains("no luck", Assert.ThrowsAny<Exception>(() => run.Output).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clock_JumpsOverSleepsAndStopsBeforeASignalsTime()
    {
        var flow = new Workflow<NoContext>("patient");
        var ask = flow.Node<int, string>("ask", (minutes, scope) => scope.TryGetSignal<string>(out var answer) ? answer
            : scope.Signal is null ? Transition.WaitForSignal<string>("answer", TimeSpan.FromMinutes(minutes)) : "nobody answered").End();
        flow.Start(flow.Node<int, int>("sleep", (minutes, _) => Transition.Sleep(TimeSpan.FromMinutes(minutes), minutes)).To(ask));
        var definition = flow.Build<int, string>();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(definition), Token);
        var workflow = cluster.Workflow(definition);
        await workflow.StartAsync("answered", 2, Token);
        await workflow.StartAsync("silent", 2, Token);

        await cluster.PassAsync(TimeSpan.FromMinutes(3), Token);
        Assert.Equal(["ask WaitingForSignal"], await workflow.ReadItemsAsync("answered", Token));
        Assert.True(await workflow.SignalAsync("answered", "answer", "yes", Token, id: "1"));
        Assert.Equal("yes", (await workflow.WhenEndedAsync("answered", Token)).Output);

        Assert.Equal("nobody answered", (await workflow.WhenEndedAsync("silent", Token)).Output);
        Assert.InRange(cluster.Clock.GetUtcNow() - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(4.1));
    }

    [Theory]
    [InlineData(StepMoment.BeforeStep, 2)]
    [InlineData(StepMoment.BeforeCommit, 3)]
    [InlineData(StepMoment.AfterCommit, 2)]
    public async Task Worker_ThatCrashesAroundACommit_LeavesEachEffectOnce(StepMoment moment, int calls)
    {
        var flow = Chain();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(flow), Token);
        cluster.Faults.CrashWorkerAt("second", moment);

        var run = await cluster.Workflow(flow).RunAsync("one", 7, Token);

        Assert.Equal((9, 2L, 0), (run.Output, run.Context.Value, cluster.Faults.PendingCount));
        Assert.Equal(calls, _calls.Count);
    }

    [Fact]
    public async Task Lease_ThatIsLostBeforeTheCommit_MakesTheStepRunAgainAndCountOnce()
    {
        var flow = Chain();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(flow), Token);
        cluster.Faults.LoseLeaseBeforeCommit("first");

        var run = await cluster.Workflow(flow).RunAsync("one", 7, Token);

        Assert.Equal((9, 2L), (run.Output, run.Context.Value));
        Assert.Equal(["first", "first", "second"], _calls);
        Assert.Equal("one first e1", cluster.Faults.StepLeases[0]);
    }

    [Fact]
    public async Task State_ThatCannotBeWritten_IsWrittenLater()
    {
        var flow = Chain();
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddWorkflow(flow), Token);
        var workflow = cluster.Workflow(flow);
        await workflow.StartAsync("one", 7, Token);
        cluster.Faults.FailStateWrites(2);

        var run = await workflow.WhenEndedAsync("one", Token);

        Assert.Equal((9, 2L), (run.Output, run.Context.Value));
    }

    /// <summary>The order flow on a cluster, its workers killed at every step, at each moment of it.</summary>
    [Theory]
    [InlineData(StepMoment.BeforeStep)]
    [InlineData(StepMoment.BeforeCommit)]
    [InlineData(StepMoment.AfterCommit)]
    public async Task OrderFlow_WhoseWorkerIsKilledAtAnyStep_IsShippedOnce(StepMoment moment)
    {
        var flow = OrderWorkflow.Define(this);
        var steps = flow.Compiled.Nodes.Select(node => node.Name).Except(["ask", "refund", "release", "refuse"]).ToList();
        await using var cluster = await FlowTestCluster.StartAsync(
            options =>
            {
                options.AddWorkflow(flow);
                options.WorkerCount = steps.Count + 1;
            },
            Token);
        foreach (var (place, step) in steps.Index())
        {
            cluster.Faults.CrashWorkerAt(step, moment);
            var run = await cluster.Workflow(flow).RunAsync($"order-{place}", new Order($"order-{place}", 99, ["pen", "ink"]), Token);

            Assert.Equal($"order-{place} shipped", run.Output);
            Assert.Equal(Shipped, run.Context.Events.Order(StringComparer.Ordinal));
        }

        Assert.Equal(0, cluster.Faults.PendingCount);
        Assert.InRange(_calls.Count, steps.Count * Shipped.Length, (steps.Count * Shipped.Length) + steps.Count);
    }

    Task IShop.DoAsync(string order, string effect, CancellationToken cancellationToken)
    {
        lock (_calls)
        {
            _calls.Add($"{order} {effect}");
        }

        return Task.CompletedTask;
    }

    private WorkflowDefinition<int, int, GrowCounter> Chain()
    {
        var flow = new Workflow<GrowCounter>("chain");
        var second = flow.Node<int, int>("second", Counted).End();
        return flow.Start(flow.Node<int, int>("first", Counted).To(second)).Build<int, int>();
    }

    private Transition<int> Counted(int value, NodeScope<GrowCounter> scope)
    {
        lock (_calls)
        {
            _calls.Add(scope.Node);
        }

        scope.Context = scope.Context.Add(scope.Writer);
        return value + 1;
    }
}
