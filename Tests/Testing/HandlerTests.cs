using OrleansFlow.Arrow;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Testing;

namespace OrleansFlow.Tests.Testing;

/// <summary>The page docs/testing.md, run. Each region stands there word by word.</summary>
public sealed class HandlerTests : IDisposable
{
    private readonly List<RecordBatch> _inputs = [Numbers.Batch(1, 2), Numbers.Batch(3), Numbers.Batch(4), Numbers.Batch(5, 6)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    #region run
    [Fact]
    public async Task RunningSum_OverFourBatches_EmitsTheSumAfterEach()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);

        using var run = await cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal([3, 6, 10, 21], Numbers.Of(run.Outputs));
    }
    #endregion

    #region cancel
    [Fact]
    public async Task RunningSum_CancelledAtItsThirdBatch_KeepsTwoAndIsCleanedUpOnce()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);
        cluster.Faults.CancelAt("running-sum", batch: 2);

        using var run = await cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);

        Assert.Equal((RunStatus.Cancelled, "cancelled by the test"), (run.Status, run.Run.CancelReason));
        Assert.Equal([3, 6], Numbers.Of(run.Outputs));
        await cluster.WhenCleanedUpAsync(1, Token);
        Assert.Equal([$"{run.Task.TaskId} e1"], cluster.Faults.Cleanups);
    }
    #endregion

    #region lease
    [Fact]
    public async Task RunningSum_ThatLosesItsLease_GoesOnFromItsCheckpoint()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);
        cluster.Faults.LoseLeaseAt("running-sum", batch: 2);

        using var run = await cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);

        Assert.Equal([3, 6, 10, 21], Numbers.Of(run.Outputs));
        Assert.Equal((2, 2L), (run.Attempts, run.Task.Epoch));
    }
    #endregion

    #region takeover
    [Fact]
    public async Task RunningSum_WhoseWorkerCrashes_IsTakenOverByTheOther()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);
        var first = default(WorkerId);
        cluster.Faults.DoAt("running-sum", batch: 0, context =>
        {
            first = context.WorkerId;
            return Task.CompletedTask;
        });
        cluster.Faults.CrashWorkerAt("running-sum", batch: 1);

        using var run = await cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);

        Assert.Equal([3, 6, 10, 21], Numbers.Of(run.Outputs));
        Assert.NotEqual(first, run.Task.Worker);
    }
    #endregion

    #region store
    [Fact]
    public async Task RunningSum_OverAStoreThatFails_LosesAndDoublesNothing()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);
        cluster.Faults
            .FailWriteAt("running-sum", batch: 1)
            .DoAt("running-sum", batch: 2, _ =>
            {
                cluster.Faults.FailStateWrites(2);
                return Task.CompletedTask;
            });

        using var run = await cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal([3, 6, 10, 21], Numbers.Of(run.Outputs));
        Assert.Equal(0, cluster.Faults.PendingCount);
    }
    #endregion

    #region graph
    [Fact]
    public async Task Graph_WithARetry_WaitsItsBackOffOnTheTestsClock()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<FailsOnceHandler>("fails-once"), Token);
        var begunUtc = cluster.Clock.GetUtcNow();

        var run = await cluster.RunGraphAsync(
            "r1", """{"name":"g","nodes":[{"id":"a","role":"fails-once","retry":{"max":1,"backoff_sec":600,"max_backoff_sec":600}}]}""", Token);

        Assert.Equal((RunStatus.Completed, 2), (run.Status, run.Nodes[0].Tasks[0].Attempt));
        Assert.InRange(cluster.Clock.GetUtcNow() - begunUtc, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10.1));
    }
    #endregion

    #region time
    [Fact]
    public async Task Lease_OfAHandlerThatWaits_IsRenewedForAsLongAsItTakes()
    {
        await using var cluster = await FlowTestCluster.StartAsync(options => options.AddHandler<RunningSumHandler>(), Token);
        var (isHeld, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Faults.DoAt("running-sum", batch: 1, async _ =>
        {
            isHeld.SetResult();
            await goOn.Task;
        });
        var running = cluster.RunHandlerAsync("running-sum", _inputs, cancellationToken: Token);
        await isHeld.Task;

        await cluster.PassAsync(TimeSpan.FromMinutes(10), Token);
        goOn.SetResult();

        using var run = await running;
        Assert.Equal([3, 6, 10, 21], Numbers.Of(run.Outputs));
        Assert.Equal(1L, run.Task.Epoch);
    }
    #endregion

    public void Dispose() => _inputs.ForEach(input => input.Dispose());
}
