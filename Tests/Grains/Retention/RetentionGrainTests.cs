using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Retention;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Retention;

/// <summary>Runs leave with everything that was kept of them, by the policy or at once, and over crashes.</summary>
public sealed class RetentionGrainTests
{
    private const int Watchdog = 60_000;
    private const string Nodes = """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retention_OfRuns_DeletesTheOldAndKeepsTheOthers(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await RunAsync(cluster, worker, "old");
        await cluster.SubmitAsync("endless", """{"id":"a","role":"none"}""");
        await worker.DisconnectAsync(clean: true);
        cluster.Clock.Advance(TimeSpan.FromDays(29));
        worker = await cluster.StartWorkerAsync("w2", 1, "r");
        await RunAsync(cluster, worker, "new");
        cluster.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(new RetentionReport(1, 0, 0), await SweepAsync(cluster));

        Assert.Null(await cluster.Run("old").GetAsync(FlowCluster.Token));
        Assert.NotNull(await cluster.Run("new").GetAsync(FlowCluster.Token));
        Assert.NotNull(await cluster.Run("endless").GetAsync(FlowCluster.Token));
        Assert.Equal(["run"], cluster.Storage.Names(cluster.Run("old").GetGrainId()));
        Assert.Equal(["endless", "new"], (await ListAsync(cluster)).Order(StringComparer.Ordinal));
        Assert.Equal(new RetentionReport(0, 0, 0), await SweepAsync(cluster));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Delete_CutOffByACrash_IsTakenUpAgain(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await RunAsync(cluster, worker, "r1");
        var clears = 0;
        cluster.Storage.BeforeClear = _ => ++clears == 1 ? throw new IOException("killed") : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Run("r1").DeleteAsync(FlowCluster.Token));
        Assert.NotEmpty(cluster.Storage.Names(cluster.Run("r1").GetGrainId()));
        await cluster.CrashAsync();

        Assert.Null(await cluster.Run("r1").GetAsync(FlowCluster.Token));

        Assert.Equal("""{"status":0,"submitted":"0001-01-01T00:00:00+00:00","version":0,"format":2,"last_epoch":1,"deleted":true}""", cluster.Storage.Get("run", cluster.Run("r1").GetGrainId()));
        Assert.Equal(["run"], cluster.Storage.Names(cluster.Run("r1").GetGrainId()));
        Assert.Empty(await ListAsync(cluster));
        await cluster.SubmitAsync("r1", Nodes);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retention_OfStandaloneTasks_ForgetsThoseThatEndedLongAgo(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        List<TaskId> tasks = [.. Enumerable.Range(0, 100_000).Select(number => TaskId.Standalone($"t{number}")).Where(task => TaskPartitions.KeyOf(task) == "0").Take(3_000)];
        var partition = cluster.Grains.GetGrain<ITaskPartitionGrain>("0");
        foreach (var some in tasks.Chunk(500))
        {
            await partition.SubmitAsync([.. some.Select(task => new NewTask(task, new TaskSubmission { Role = "r" }))], FlowCluster.Token);
            var grants = await partition.GrantAsync(some, new WorkerId("w"), "s", FlowCluster.Token);
            await partition.CompleteAsync([.. grants.Select(grant => new AttemptOutcome { Token = grant!.Token, End = AttemptEnd.Completed })], FlowCluster.Token);
        }

        Assert.Equal(0, (await SweepAsync(cluster)).DeletedTasks);
        cluster.Clock.Advance(TimeSpan.FromDays(8));
        var deleted = (await SweepAsync(cluster)).DeletedTasks;

        Assert.InRange(deleted, 1, tasks.Count - 1);
        Assert.Null(await partition.GetAsync(tasks[0], FlowCluster.Token));
        Assert.Equal(FlowTaskStatus.Completed, (await partition.GetAsync(tasks[^1], FlowCluster.Token))!.Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retention_OfStandaloneTasks_DeletesTheirFilesFirst(bool fails)
    {
        var store = new RecordingStore { Fails = fails };
        await using var cluster = await FlowCluster.StartAsync(batches: true, (silo, _) => silo?.Services.AddSingleton<IArtifactStore>(store));
        List<TaskId> tasks = [.. Enumerable.Range(0, 100_000).Select(number => TaskId.Standalone($"t{number}")).Where(task => TaskPartitions.KeyOf(task) == "0").Take(3_000)];
        var partition = cluster.Grains.GetGrain<ITaskPartitionGrain>("0");
        foreach (var some in tasks.Chunk(500))
        {
            await partition.SubmitAsync([.. some.Select(task => new NewTask(task, new TaskSubmission { Role = "r", MaxRetries = 0 }))], FlowCluster.Token);
            var grants = await partition.GrantAsync(some, new WorkerId("w"), "s", FlowCluster.Token);

            // The first makes a batch, the second fails, the others have nothing to delete.
            await partition.ReportBatchesAsync([TestWorker.Report(grants[0]!, 0)], FlowCluster.Token);
            await partition.CompleteAsync(
                [
                    .. grants.Select((grant, index) => new AttemptOutcome
                    {
                        Token = grant!.Token, End = index == 1 ? AttemptEnd.Failed : AttemptEnd.Completed, BatchCount = index == 0 ? 1 : 0,
                    }),
                ],
                FlowCluster.Token);
        }

        cluster.Clock.Advance(TimeSpan.FromDays(8));
        var deleted = (await SweepAsync(cluster)).DeletedTasks;

        Assert.Equal(fails, deleted == 0);
        if (fails)
        {
            Assert.NotNull(await partition.GetAsync(tasks[0], FlowCluster.Token));
            store.Fails = false;
            deleted = (await SweepAsync(cluster)).DeletedTasks;
        }

        Assert.InRange(deleted, 512, tasks.Count - 1);
        Assert.Null(await partition.GetAsync(tasks[0], FlowCluster.Token));
        Assert.Superset(new HashSet<TaskId> { tasks[0], tasks[1], tasks[500], tasks[501] }, store.Deleted.ToHashSet());
        Assert.DoesNotContain(tasks[2], store.Deleted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Delete_OfARunThatGoesOn_IsRefused_AndOfNone_SaysSo()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", Nodes);

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").DeleteAsync(FlowCluster.Token))).Code);
        Assert.False(await cluster.Run("none").DeleteAsync(FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_RegistersTheReminderOnce()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var retention = cluster.Grains.GetGrain<IRetentionGrain>(IRetentionGrain.Key);

        await retention.StartAsync(FlowCluster.Token);
        await retention.StartAsync(FlowCluster.Token);

        Assert.Equal(["sweep"], await cluster.RemindersAsync(retention));
    }

    private static Task<RetentionReport> SweepAsync(FlowCluster cluster) =>
        cluster.Grains.GetGrain<IRetentionGrain>(IRetentionGrain.Key).SweepAsync(FlowCluster.Token);

    private static async Task<List<string>> ListAsync(FlowCluster cluster)
    {
        var runs = new List<string>();
        for (var shard = 0; shard < IRunCatalogGrain.ShardCount; shard++)
        {
            var page = await cluster.Grains.GetGrain<IRunCatalogGrain>($"{shard}").ListAsync(100, null, default, [], FlowCluster.Token);
            runs.AddRange(page.Select(entry => entry.Run.RunId.Value));
        }

        return runs;
    }

    private static async Task RunAsync(FlowCluster cluster, TestWorker worker, string run)
    {
        await cluster.SubmitAsync(run, Nodes);
        for (var node = 0; node < 2; node++)
        {
            var grant = await worker.NextOfferAsync();
            await worker.BatchAsync(grant, 0);
            await worker.CompleteAsync(grant, 1);
        }

        await cluster.WhenEndedAsync(run);
        while ((await cluster.RemindersAsync(cluster.Run(run))).Count > 0)
        {
            // Everybody is told of the end; only then can it be deleted.
            await Task.Yield();
        }
    }

    private sealed class RecordingStore : IArtifactStore
    {
        public bool Fails { get; set; }

        public ConcurrentQueue<TaskId> Deleted { get; } = new();

        public ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The silo writes no artifacts.");

        public IArtifactReader OpenRead(string path) => throw new InvalidOperationException("Nobody reads here.");

        public ValueTask DeleteAsync(TaskId task, CancellationToken cancellationToken)
        {
            if (Fails)
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, "The folder is not there.");
            }

            Deleted.Enqueue(task);
            return ValueTask.CompletedTask;
        }
    }
}
