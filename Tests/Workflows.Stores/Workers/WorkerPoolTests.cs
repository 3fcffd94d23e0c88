using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Sqlite;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>Goal: a pool runs its loops beside each other and ends them the way it is asked to.</summary>
public sealed class WorkerPoolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Pool_DoesManyRuns_AndLosesNoChangeOfTheirContexts()
    {
        const int Runs = 20;
        const int Items = 25;
        await using var bench = await WorkerBench.OpenAsync();
        var flow = Counting(Items);
        await using var pool = new WorkerPool(bench.Worker(flow), 4);
        pool.Start();
        pool.Start();
        var runs = await Task.WhenAll(Enumerable.Range(0, Runs).Select(number => bench.StartAsync(flow, id: $"r{number}")));
        foreach (var run in runs)
        {
            Assert.Equal(WorkflowRunStatus.Completed, (await bench.Orchestrator.WaitForCompletionAsync(run, Token)).Status);
            Assert.Equal(Items, (await bench.Store.GetMetricsAsync(run, Token))!.Completed);
            Assert.Equal(Items, (await OrleansFlow.Workflows.Orchestration.WorkflowOrchestratorExtensions.ContextAsync(bench.Orchestrator, flow, run, cancellationToken: Token)).Value);
        }

        // The end of a run is known before the loop that did its last step has counted it.
        await pool.DrainAsync(Token);
        Assert.Equal(["w", "w.2", "w.3", "w.4"], pool.Health.Select(health => health.Id.Value));
        Assert.Equal(Runs * (Items + 1), pool.Health.Sum(health => health.StepCount));
        Assert.All(pool.Health, health => Assert.Equal(WorkerState.Stopped, health.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task Drain_LetsTheStepInFlightEnd_AndTakesNoOther()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (begun, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var flow = WorkerBench.OneNode(async (value, _, token) =>
        {
            begun.TrySetResult();
            await gate.Task.WaitAsync(token);
            return value;
        });
        var (first, second) = (await bench.StartAsync(flow), await bench.StartAsync(flow));
        await using var pool = new WorkerPool(bench.Worker(flow), 1);
        pool.Start();
        await begun.Task;

        var draining = pool.DrainAsync(Token);
        Assert.False(draining.IsCompleted);
        gate.SetResult();
        await draining;

        Assert.Equal(WorkflowRunStatus.Completed, (await bench.Orchestrator.StatusAsync(first, Token)).Status);
        Assert.Equal((WorkflowRunStatus.Running, 1), ((await bench.Orchestrator.StatusAsync(second, Token)).Status, (await bench.Orchestrator.StatusAsync(second, Token)).PendingCount));
        Assert.Throws<ObjectDisposedException>(pool.Start);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stop_TellsTheStepInFlight_AndGivesItsItemBack()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var begun = new TaskCompletionSource();
        var flow = WorkerBench.OneNode(async (value, _, token) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return value;
        });
        var run = await bench.StartAsync(flow);
        var pool = new WorkerPool(bench.Worker(flow), 2);
        pool.Start();
        await begun.Task;
        var joined = pool.JoinAsync(Token);
        Assert.False(joined.IsCompleted);

        await pool.StopAsync();
        await joined;

        var item = Assert.Single(await bench.Orchestrator.PendingAsync(run, Token));
        Assert.Equal((WorkItemState.Pending, 0), (item.State, item.Attempts));
        await pool.DisposeAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task PoolThatWasNeverStarted_CanBeJoined_OnceItIsStopped()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var pool = new WorkerPool(bench.Worker(WorkerBench.Chain(1)), 2);
        await pool.StopAsync();
        await pool.JoinAsync(Token);
        await pool.DisposeAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(bench.Worker(WorkerBench.Chain(1)), 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task Pool_OnADatabase_GoesOnWhereAnEarlierProcessEnded()
    {
        var folder = Directory.CreateTempSubdirectory("flow-pool-");
        try
        {
            var path = Path.Combine(folder.FullName, "runs.db");
            var flow = WorkerBench.Chain(40);
            await using (var store = await SqliteWorkflowStore.OpenAsync(path, cancellationToken: Token))
            {
                await store.CreateRunAsync(new() { Workflow = flow.Compiled, Input = Payload.FromJson("0"), Id = new("r1") }, Token);
                var worker = WorkflowWorker.CreateBuilder().Id("one").Store(store).Workflow(flow).Build();
                for (var step = 0; step < 17; step++)
                {
                    Assert.IsType<WorkerStep.Stepped>(await worker.RunOnceAsync(Token));
                }

                // And an item whose worker never comes back.
                Assert.NotNull(await store.TakeAsync(new() { Worker = new("lost") }, TimeSpan.Zero, Token));
            }

            await using var reopened = await SqliteWorkflowStore.OpenAsync(path, cancellationToken: Token);
            await using var pool = new WorkerPool(WorkflowWorker.CreateBuilder().Id("two").Store(reopened).Workflow(flow).Build(), 3);
            pool.Start();
            var ended = await reopened.WaitForCompletionAsync(new("r1"), Token);

            Assert.Equal("40", ended.Outputs.Single().ToString());
            Assert.Equal(40, (await reopened.GetMetricsAsync(new("r1"), Token))!.Total);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static WorkflowDefinition<int, int, GrowCounter> Counting(int items)
    {
        var flow = new Workflow<GrowCounter>("counting");
        var work = flow.Node<int, int>("work", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return value;
        });
        flow.Start(flow.Split<int, int>("split", _ => [.. Enumerable.Range(0, items)]).To(work.End()));
        return flow.Build<int, int>();
    }
}
