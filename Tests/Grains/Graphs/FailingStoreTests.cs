using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>
/// Goal: whatever writes fail, a run ends with every effect counted once. Method: a fixed part of the writes of runs and queues fails,
/// before or after the row was kept; the worker repeats each report until it is answered, as the gateway's session does.
/// </summary>
public sealed class FailingStoreTests
{
    private const int Tasks = 24;

    private const int Batches = 3;

    [Theory(Timeout = 60_000)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task Run_OverAStoreThatFailsNowAndThen_CountsEveryEffectOnce(int seed, bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var (random, gate) = (new Random(seed), new Lock());
        bool Fails()
        {
            lock (gate)
            {
                return random.Next(8) == 0;
            }
        }

        var worker = await cluster.StartWorkerAsync("w1", 6, "r");
        await cluster.SubmitAsync("r1", $$"""{"id":"a","role":"r","tasks":{{Tasks}}},{"id":"b","role":"r","depends_on":["a"]}""");
        cluster.Storage.BeforeWrite = name => name != "worker" && Fails() ? throw new IOException("not written") : Task.CompletedTask;
        cluster.Storage.AfterWrite = (name, _) =>
        {
            if (name == "run" && Fails())
            {
                throw new IOException("written, but the answer was lost");
            }
        };

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(FlowCluster.Token);
        var work = WorkAsync(worker, stop.Token);
        var run = await cluster.AdvanceUntilAsync(EndedOrAsync(work, EndedAsync(cluster, "r1")), TimeSpan.FromMilliseconds(100), worker);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal((Tasks * Batches, Tasks * Batches * 10L, Tasks * Batches * 10.0), ((int)run.Nodes[0].Batches, run.Nodes[0].Rows, run.Nodes[0].Metrics!["rows"]));
        Assert.All(run.Nodes.SelectMany(node => node.Tasks), task => Assert.Equal(FlowTaskStatus.Completed, task.Status));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("run", false)]
    [InlineData("run-tasks-0", true)]
    [InlineData("partition", false)]
    [InlineData("log-", true)]
    [InlineData("catalog", true)]
    public async Task StoreThatFailsWhileAGrainIsRead_IsNamed_AndTryingAgainHelps(string state, bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":2}""");
        var task = TaskId.Standalone("t1");
        var partition = cluster.Grains.GetGrain<ITaskPartitionGrain>(TaskPartitions.KeyOf(task));
        await partition.SubmitAsync([new NewTask(task, new TaskSubmission { Role = "r" })], FlowCluster.Token);
        var worker = await cluster.StartWorkerAsync("w1", 4, "r");
        await worker.NextOffersAsync();
        await cluster.CrashAsync();
        cluster.Storage.BeforeRead = name => name.StartsWith(state, StringComparison.Ordinal) ? throw new IOException("the disk is gone") : Task.CompletedTask;

        Func<Task> read = state switch
        {
            "catalog" => () => cluster.Grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(new RunId("r1"))).ListAsync(1, null, default, [], FlowCluster.Token),
            "partition" or "log-" => () => partition.GetAsync(task, FlowCluster.Token),
            _ => () => cluster.Run("r1").GetAsync(FlowCluster.Token),
        };
        var failure = await Assert.ThrowsAsync<FlowException>(read);

        Assert.Equal((FlowErrorCode.StoreUnavailable, RetryAdvice.Later), (failure.Code, failure.Kind.Retry));
        Assert.Contains("the disk is gone", failure.Message, StringComparison.Ordinal);
        cluster.Storage.BeforeRead = _ => Task.CompletedTask;
        await read();
    }

    /// <summary>A worker that fails says why at once: without it the run would never end.</summary>
    private static async Task<RunView> EndedOrAsync(Task work, Task<RunView> ended)
    {
        if (await Task.WhenAny(work, ended) == work)
        {
            await work;
        }

        return await ended;
    }

    private static async Task WorkAsync(TestWorker worker, CancellationToken cancellationToken)
    {
        var attempts = new List<Task>();
        while (true)
        {
            foreach (var grant in await worker.ReadOffersAsync(cancellationToken))
            {
                attempts.Add(AttemptAsync(worker, grant, cancellationToken));
            }

            await Task.WhenAll(attempts.Where(attempt => attempt.IsCompleted));
            attempts.RemoveAll(attempt => attempt.IsCompleted);
        }
    }

    private static async Task AttemptAsync(TestWorker worker, LeaseGrant grant, CancellationToken cancellationToken)
    {
        for (var index = grant.AcceptedBatches; index < Batches; index++)
        {
            var number = index;
            if (!(await UntilAnsweredAsync(() => worker.BatchAsync(grant, number), cancellationToken)).Accepted)
            {
                break;
            }
        }

        await UntilAnsweredAsync(() => worker.CompleteAsync(grant, Batches), cancellationToken);
    }

    private static async Task<EffectReceipt> UntilAnsweredAsync(Func<Task<EffectReceipt>> report, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await report();
            }
            catch (Exception exception) when (exception is TimeoutException or FlowException { Code: FlowErrorCode.StoreUnavailable })
            {
                // The test's clock runs fast, so that a call may also time out.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task<RunView> EndedAsync(FlowCluster cluster, string run)
    {
        while (true)
        {
            try
            {
                return await cluster.WhenEndedAsync(run);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The watched activation went with a failed write; the next one is watched.
                FlowCluster.Token.ThrowIfCancellationRequested();
            }
        }
    }
}
