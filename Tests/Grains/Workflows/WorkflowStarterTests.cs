using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Queues;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Many starts at once: the first steps are leased in the commits that accept the runs, as far as there are slots.</summary>
public sealed class WorkflowStarterTests
{
    private const int Watchdog = 60_000;
    private const string Role = "workflow.flow.1";

    [Fact(Timeout = Watchdog)]
    public async Task StartedRun_WhoseWorkerIsFree_IsLeasedInTheCommitThatAcceptsIt()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await StartWorkerAsync(cluster, slots: 4);

        Assert.True(await Start(cluster, "r1")[0]);

        Assert.Equal("r1", (await worker.NextOfferAsync()).Token.TaskId.RunId.Value);
        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>("r1");
        Assert.Single(cluster.Storage.Names(run.GetGrainId()));
        Assert.Equal(1, (await run.GetAsync(FlowCluster.Token))!.ItemsInFlight);
    }

    [Fact(Timeout = Watchdog)]
    public async Task StartedRuns_MoreThanThereAreSlots_WaitInTheQueue_AndEveryOneIsRun()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await StartWorkerAsync(cluster, slots: 2);

        Assert.All(await Task.WhenAll(Start(cluster, "r1", "r2", "r3", "r4", "r5")), Assert.True);

        var ended = new HashSet<string>();
        while (ended.Count < 5)
        {
            foreach (var lease in await worker.NextOffersAsync())
            {
                var run = cluster.Grains.GetGrain<IWorkflowRunGrain>(lease.Token.TaskId.RunId.Value);
                var outcome = new AttemptOutcome { Token = lease.Token, End = AttemptEnd.Failed, Failure = new TaskFailure("bad_input", Permanent: true, "no") };
                Assert.True(Assert.Single(await run.CompleteManyAsync([outcome], worker.Id, worker.SessionId, FlowCluster.Token)).Accepted);
                Assert.True(ended.Add(lease.Token.TaskId.RunId.Value));
                await cluster.Grains.GetGrain<IWorkerGrain>("w1").ReleaseAsync(worker.SessionId, [lease.Token], FlowCluster.Token);
            }
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task StartedRun_WithoutAWorker_IsAccepted_AndWaits()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await RegisterAsync(cluster);

        Assert.True(await Start(cluster, "r1")[0]);

        Assert.Equal(1, (await cluster.Grains.GetGrain<IWorkflowRunGrain>("r1").GetAsync(FlowCluster.Token))!.PendingItems);
    }

    [Fact(Timeout = Watchdog)]
    public async Task StartSentAgain_IsTheSameRun_AndItsSlotIsGivenBack()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await StartWorkerAsync(cluster, slots: 2);
        Assert.True(await Start(cluster, "r1")[0]);
        await worker.NextOfferAsync();

        Assert.False(await Start(cluster, "r1")[0]);

        Assert.True(await Start(cluster, "r2")[0]);
        Assert.Equal("r2", (await worker.NextOfferAsync()).Token.TaskId.RunId.Value);
    }

    [Fact(Timeout = Watchdog)]
    public async Task StartThatIsRefused_LeavesItsNeighboursAlone()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await StartWorkerAsync(cluster, slots: 2);
        var starts = Starter(cluster).Start(
        [
            (new RunId("r1"), WorkflowRuns.Begin("1")),
            (new RunId("r2"), WorkflowRuns.Begin("1") with { Workflow = "unknown" }),
            (new RunId("r3"), WorkflowRuns.Begin("1") with { Hash = "other" }),
        ]);

        Assert.True(await starts[0]);
        Assert.Equal(FlowErrorCode.UnknownDefinition, (await Assert.ThrowsAsync<FlowException>(() => starts[1])).Code);
        Assert.Equal(FlowErrorCode.UnknownDefinition, (await Assert.ThrowsAsync<FlowException>(() => starts[2])).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Slots_ThatNobodyRedeems_AreFreeAgainAfterAWhile()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await StartWorkerAsync(cluster, slots: 2);
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>(Role + "/0");
        var needs = PlacementTraits.Of([], WorkflowRuns.Flow.Hash).Text;

        Assert.Equal(2, Assert.Single(await queue.TakeSlotsAsync(5, needs, FlowCluster.Token)).Count);
        Assert.Empty(await queue.TakeSlotsAsync(1, needs, FlowCluster.Token));
        await worker.HeartbeatAsync();
        Assert.Empty(await queue.TakeSlotsAsync(1, needs, FlowCluster.Token));

        cluster.Clock.Advance(TimeSpan.FromSeconds(10));
        await worker.HeartbeatAsync();
        Assert.Equal(1, Assert.Single(await queue.TakeSlotsAsync(1, needs, FlowCluster.Token)).Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Slots_OfAWorkerWithAnotherDefinition_AreNotTaken()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await StartWorkerAsync(cluster, slots: 2);

        Assert.Empty(await cluster.Grains.GetGrain<IRoleQueueGrain>(Role + "/0").TakeSlotsAsync(1, PlacementTraits.Of([], "other").Text, FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task LeaseForASessionThatHasEnded_IsRevoked_AndTheStepIsOfferedAgain()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await StartWorkerAsync(cluster, slots: 1);
        var needs = PlacementTraits.Of([], WorkflowRuns.Flow.Hash).Text;
        var ticket = Assert.Single(await cluster.Grains.GetGrain<IRoleQueueGrain>(Role + "/0").TakeSlotsAsync(1, needs, FlowCluster.Token));
        var begun = await cluster.Grains.GetGrain<IWorkflowRunGrain>("r1").BeginAsync(WorkflowRuns.Begin("1"), ticket, FlowCluster.Token);
        await worker.DisconnectAsync(clean: true);
        await worker.RegisterAsync();

        await cluster.Grains.GetGrain<IWorkerGrain>("w1").RedeemAsync(ticket, [begun.Grant!], isLast: true, FlowCluster.Token);

        var again = await worker.NextOfferAsync();
        Assert.Equal((begun.Grant!.Token.TaskId, true), (again.Token.TaskId, again.Token.Epoch > begun.Grant.Token.Epoch));
    }

    [Fact(Timeout = Watchdog)]
    public async Task RunWhoseGatewayWasLostBetweenItsCommitAndTheHandOver_IsOfferedAgain_OnceItsLeaseHasExpired()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await StartWorkerAsync(cluster, slots: 1);
        var needs = PlacementTraits.Of([], WorkflowRuns.Flow.Hash).Text;
        var ticket = Assert.Single(await cluster.Grains.GetGrain<IRoleQueueGrain>(Role + "/0").TakeSlotsAsync(1, needs, FlowCluster.Token));
        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>("r1");
        var begun = await run.BeginAsync(WorkflowRuns.Begin("1"), ticket, FlowCluster.Token);
        var lost = begun.Grant!.Token;

        // Nobody redeems the ticket, and nobody tells the index.
        var again = await cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(5), worker);

        Assert.Equal((lost.TaskId, true), (again.Token.TaskId, again.Token.Epoch > lost.Epoch));
        var outcome = new AttemptOutcome { Token = lost, End = AttemptEnd.Failed, Failure = new TaskFailure("bad_input", Permanent: true, "late") };
        Assert.False(Assert.Single(await run.CompleteManyAsync([outcome], worker.Id, worker.SessionId, FlowCluster.Token)).Accepted);
        Assert.True((await WorkflowRuns.CompleteAsync(run, again, WorkflowRuns.Next(1, "2"))).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LeaseThatComesTooLate_ToAWorkerThatIsFull_IsRevoked()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await StartWorkerAsync(cluster, slots: 1);
        var needs = PlacementTraits.Of([], WorkflowRuns.Flow.Hash).Text;
        var ticket = Assert.Single(await cluster.Grains.GetGrain<IRoleQueueGrain>(Role + "/0").TakeSlotsAsync(1, needs, FlowCluster.Token));
        cluster.Clock.Advance(TimeSpan.FromSeconds(10));
        await worker.HeartbeatAsync();
        Assert.True(await Start(cluster, "r2")[0]);
        await worker.NextOfferAsync();

        var run = cluster.Grains.GetGrain<IWorkflowRunGrain>("r1");
        var begun = await run.BeginAsync(WorkflowRuns.Begin("1"), ticket, FlowCluster.Token);
        await cluster.Grains.GetGrain<IWorkerGrain>("w1").RedeemAsync(ticket, [begun.Grant!], isLast: true, FlowCluster.Token);

        Assert.Equal((0, 1), await InHandAsync(run));
    }

    private static async Task<(int InFlight, int Pending)> InHandAsync(IWorkflowRunGrain run) =>
        await run.GetAsync(FlowCluster.Token) is { } view ? (view.ItemsInFlight, view.PendingItems) : default;

    private static Task<bool>[] Start(FlowCluster cluster, params string[] runs) =>
        [.. Starter(cluster).Start([.. runs.Select(run => (new RunId(run), WorkflowRuns.Begin("1")))])];

    private static WorkflowStarter Starter(FlowCluster cluster) =>
        new(cluster.Grains, new WorkflowDefinitions(), Options.Create(new LimitOptions()), NullLogger<WorkflowStarter>.Instance);

    private static Task<bool> RegisterAsync(FlowCluster cluster) => cluster.Grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of("flow", 1))
        .RegisterAsync(new Payload(WorkflowRuns.Flow.ToUtf8()), FlowCluster.Token);

    private static async Task<TestWorker> StartWorkerAsync(FlowCluster cluster, int slots)
    {
        await RegisterAsync(cluster);
        var worker = new TestWorker(cluster, "w1", slots, [Role]) { RoleVersions = new() { [Role] = WorkflowRuns.Flow.Hash } };
        await worker.RegisterAsync();
        return worker;
    }
}
