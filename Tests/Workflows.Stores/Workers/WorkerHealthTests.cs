using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>Goal: a worker's health tells the truth about it, and never keeps it from working.</summary>
public sealed class WorkerHealthTests
{
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_HasTheWorkersId_AndWhatItHas()
    {
        await using var bench = await WorkerBench.OpenAsync();
        await bench.Worker(WorkerBench.Chain(1), "ada").RunOnceAsync(Token);

        var health = Assert.Single(await bench.Store.ListWorkersAsync(Token));
        Assert.Equal(("ada", WorkerState.Idle), (health.Id.Value, health.State));
        Assert.Equal(["chain@1"], health.Workflows);
    }

    [Fact]
    public async Task Health_SaysInProgress_ThenRetrying_ThenFailed_ThenIdle()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (fails, seen) = (true, new List<string>());
        var flow = WorkerBench.OneNode(async (value, _, token) =>
        {
            await NoteAsync(token);
            return fails ? throw new InvalidOperationException("no") : value;
        });
        var worker = bench.Worker(flow, retry: new() { MaxAttempts = 2 });
        await bench.StartAsync(flow, id: "r1");
        await worker.RunOnceAsync(Token);
        await NoteAsync(Token);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await worker.RunOnceAsync(Token);
        await NoteAsync(Token);
        fails = false;
        await bench.StartAsync(flow, id: "r2");
        await worker.RunOnceAsync(Token);
        await NoteAsync(Token);

        Assert.Equal(["InProgress r1/1 0/0", "Retrying / 1/2", "InProgress r1/1 0/0", "Failed / 0/0", "InProgress r2/1 0/0", "Idle / 0/0"], seen);
        var last = Assert.Single(await bench.Store.ListWorkersAsync(Token));
        Assert.Equal((2, 1), (last.ErrorCount, last.StepCount));

        async Task NoteAsync(CancellationToken token)
        {
            var health = Assert.Single(await bench.Store.ListWorkersAsync(token));
            seen.Add($"{health.State} {health.CurrentRun}/{(health.CurrentItem > 0 ? health.CurrentItem : "")} {health.Attempt}/{health.MaxAttempts}");
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task StepThatTakesLong_KeepsItsLease_AndItsWorkerAlive()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var (begun, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var flow = WorkerBench.OneNode(async (value, _, _) =>
        {
            begun.SetResult();
            await gate.Task;
            return value;
        });
        await bench.StartAsync(flow);
        var step = bench.Worker(flow).RunOnceAsync(Token).AsTask();
        await begun.Task;
        var other = bench.Worker(flow, "other");

        // Ten times as long as its lease.
        for (var third = 0; third < 30; third++)
        {
            var before = (await bench.Store.ListWorkersAsync(Token)).Single(worker => worker.Id.Value == "w").LastHeartbeatUtc;
            bench.Time.Advance(WorkerBench.LeaseDuration / 3);
            while ((await bench.Store.ListWorkersAsync(Token)).Single(worker => worker.Id.Value == "w").LastHeartbeatUtc == before)
            {
                await Task.Yield();
            }

            Assert.IsType<WorkerStep.Idle>(await other.RunOnceAsync(Token));
        }

        Assert.Equal(LivenessStatus.Alive, (await bench.Orchestrator.LivenessAsync(Stale, Token)).Single(worker => worker.Health.Id.Value == "w").Status);
        gate.SetResult();
        Assert.IsType<WorkerStep.Completed>(await step);
    }

    [Fact]
    public async Task HealthOfAnEarlierLife_DoesNotKeepAWorkerFromWorking()
    {
        await using var bench = await WorkerBench.OpenAsync();
        var flow = WorkerBench.Chain(1);
        await bench.Store.ReportWorkerAsync(
            new WorkerHealth { Id = new WorkerId("w"), LastHeartbeatUtc = bench.Time.GetUtcNow(), State = WorkerState.InProgress, CurrentRun = "gone", CurrentItem = 9 }, Token);
        await bench.StartAsync(flow);

        Assert.IsType<WorkerStep.Completed>(await bench.Worker(flow).RunOnceAsync(Token));
        Assert.Equal((WorkerState.Idle, null), ((await bench.Store.ListWorkersAsync(Token))[0].State, (await bench.Store.ListWorkersAsync(Token))[0].CurrentRun));
    }

    [Theory]
    [InlineData(0, LivenessStatus.Alive)]
    [InlineData(29_999, LivenessStatus.Alive)]
    [InlineData(30_000, LivenessStatus.Stale)]
    [InlineData(89_999, LivenessStatus.Stale)]
    [InlineData(90_000, LivenessStatus.Dead)]
    public async Task Liveness_IsJudgedByAge(int ageMs, LivenessStatus expected)
    {
        await using var bench = await WorkerBench.OpenAsync();
        await bench.Worker(WorkerBench.Chain(1)).RunOnceAsync(Token);
        if (ageMs > 0)
        {
            bench.Time.Advance(TimeSpan.FromMilliseconds(ageMs));
        }

        var worker = Assert.Single(await bench.Orchestrator.LivenessAsync(Stale, Token));
        Assert.Equal((expected, TimeSpan.FromMilliseconds(ageMs)), (worker.Status, worker.Age));
    }

    [Fact(Timeout = 30_000)]
    public async Task IdleWorker_SaysThatItIsAlive()
    {
        await using var bench = await WorkerBench.OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var loop = bench.Builder().Workflow(WorkerBench.Chain(1)).IdleWait(TimeSpan.FromSeconds(5)).Build().RunForeverAsync(stop.Token);
        var until = bench.Time.GetUtcNow() + TimeSpan.FromMinutes(2);
        while (bench.Time.GetUtcNow() < until)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Token);
        }

        Assert.Equal(LivenessStatus.Alive, Assert.Single(await bench.Orchestrator.LivenessAsync(TimeSpan.FromMinutes(1), Token)).Status);
        await stop.CancelAsync();
        await loop;
        Assert.Equal((WorkerState.Stopped, LivenessStatus.Dead), Assert.Single((await bench.Orchestrator.LivenessAsync(Stale, Token)).Select(worker => (worker.Health.State, worker.Status))));
    }
}
