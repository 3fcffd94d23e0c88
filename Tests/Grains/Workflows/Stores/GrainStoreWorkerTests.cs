using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Grains.Workflows.Stores;

/// <summary>Goal: workers and orchestrator, which know nothing but a store, do the runs of a silo, and a worker with a session and one over the store share them.</summary>
public sealed class GrainStoreWorkerTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task PoolOverGrains_CompletesManyRuns_EachStepOnce()
    {
        await using var fixture = await GrainStoreFixture.OpenAsync(batches: true);
        var flow = Chain();
        var worker = WorkflowWorker.CreateBuilder().Id("w").Store(fixture.Store).Workflow(flow).Time(fixture.Time).Build();
        await using var pool = new WorkerPool(worker, 4);
        pool.Start();
        var orchestrator = new StoreOrchestrator(fixture.Store, fixture.Time);

        var runs = await Task.WhenAll(Enumerable.Range(0, 40).Select(number =>
            orchestrator.StartAsync(flow, GrowCounter.Empty, number, new() { IdempotencyKey = $"order {number}" }, cancellationToken: FlowCluster.Token).AsTask()));
        var outputs = await Task.WhenAll(runs.Select(run => orchestrator.WaitForOutputAsync(flow, run, cancellationToken: FlowCluster.Token).AsTask()));

        Assert.Equal(Enumerable.Range(0, 40).Select(number => (number + 1) * 2), outputs);
        foreach (var run in runs)
        {
            Assert.Equal(new RunCounters(Total: 2, Completed: 1), await orchestrator.MetricsAsync(run, FlowCluster.Token));
            Assert.Equal(2, (await orchestrator.ContextAsync(flow, run, cancellationToken: FlowCluster.Token)).Value);
        }

        await pool.DrainAsync();
        Assert.Equal(80, worker.Health.Sum(loop => loop.StepCount));
        Assert.Equal(LivenessStatus.Dead, Assert.Single(await orchestrator.LivenessAsync(TimeSpan.FromMinutes(1), FlowCluster.Token), one => one.Health.Id.Value == "w").Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LeaseOfAStore_StandsAfterTheLossOfTheSilo_WhenItIsRenewed()
    {
        await using var fixture = await GrainStoreFixture.OpenAsync(batches: true);
        var flow = Chain();
        var orchestrator = new StoreOrchestrator(fixture.Store, fixture.Time);
        var run = await orchestrator.StartAsync(flow, GrowCounter.Empty, 1, cancellationToken: FlowCluster.Token);
        var filter = new WorkFilter { Worker = new("w"), Session = "1" };
        var lease = await fixture.Store.TakeAsync(filter, Timeout.InfiniteTimeSpan, FlowCluster.Token);
        await fixture.ReopenAsync(FlowCluster.Token);

        // Past the time in which workers with a session have to come back, and then past the lease itself.
        for (var third = 0; third < 6; third++)
        {
            await fixture.AdvanceAsync(fixture.LeaseDuration / 3, FlowCluster.Token);
            Assert.True(await fixture.Store.RenewAsync(lease!.Token, FlowCluster.Token));
        }

        Assert.Null(await fixture.Store.TakeAsync(filter, TimeSpan.Zero, FlowCluster.Token));
        var outcome = new StepOutcome { Successors = [new ItemSeed(1, Payload.FromJson("2"))] };
        Assert.True((await fixture.Store.CommitStepAsync(lease!.Token, outcome, FlowCluster.Token)).IsAccepted);
        Assert.Equal(1, (await fixture.Store.GetRunAsync(run, FlowCluster.Token))!.PendingCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task RunOfAStore_IsOneRun_WithWorkersThatHaveASession()
    {
        await using var fixture = await GrainStoreFixture.OpenAsync(batches: true);
        var flow = Chain();
        var run = await new StoreOrchestrator(fixture.Store, fixture.Time).StartAsync(flow, GrowCounter.Empty, 1, cancellationToken: FlowCluster.Token);
        var first = await fixture.Store.TakeAsync(new WorkFilter { Worker = new("w") }, Timeout.InfiniteTimeSpan, FlowCluster.Token);
        var grain = fixture.Cluster.Grains.GetGrain<IWorkflowRunGrain>(run.Value);

        // The item is out: nobody else gets it, and what follows is for whoever asks first.
        Assert.Null(Assert.Single(await grain.GrantManyAsync([OrleansFlow.Tasks.TaskId.OfWorkflow(run, 1)], WorkflowRuns.Worker, WorkflowRuns.Session, FlowCluster.Token)));
        var outcome = new StepOutcome { Successors = [new ItemSeed(1, Payload.FromJson("2"))] };
        Assert.True((await fixture.Store.CommitStepAsync(first!.Token, outcome, FlowCluster.Token)).IsAccepted);
        var second = await WorkflowRuns.GrantAsync(grain, run.Value, 2);
        Assert.Null(await fixture.Store.TakeAsync(new WorkFilter { Worker = new("w") }, TimeSpan.Zero, FlowCluster.Token));
        await WorkflowRuns.CompleteAsync(grain, second, WorkflowRuns.Output("4"));

        Assert.Equal(["4"], (await fixture.Store.WaitForCompletionAsync(run, FlowCluster.Token)).Outputs.Select(output => output.ToString()));
    }

    [Fact(Timeout = Watchdog)]
    public async Task ClosedStore_LetsNobodyWait()
    {
        await using var fixture = await GrainStoreFixture.OpenAsync(batches: true);
        var taking = fixture.Store.TakeAsync(new WorkFilter { Worker = new("w") }, Timeout.InfiniteTimeSpan, FlowCluster.Token).AsTask();
        await fixture.Store.DisposeAsync();

        var closed = await Assert.ThrowsAsync<OrleansFlow.Errors.FlowException>(() => taking);
        Assert.Equal(OrleansFlow.Errors.FlowErrorCode.StoreUnavailable, closed.Code);
    }

    private static WorkflowDefinition<int, int, GrowCounter> Chain()
    {
        var flow = new Workflow<GrowCounter>("chain");
        var add = flow.Node<int, int>("add", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 1);
            return value + 1;
        });
        var twice = flow.Node<int, int>("twice", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 1);
            return value * 2;
        }).End();
        return flow.Start(add.To(twice)).Build<int, int>();
    }
}
