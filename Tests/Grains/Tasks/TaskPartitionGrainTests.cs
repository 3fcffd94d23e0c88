using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Tasks;

/// <summary>
/// Goal: a partition keeps many tasks at a cost that follows what changes, and loses none. Method: the partition's own calls, over a storage
/// with and one without transactions, and a look at the rows.
/// </summary>
public sealed class TaskPartitionGrainTests
{
    private const int Watchdog = 60_000;
    private const string Key = "0";

    private static readonly WorkerId Worker = new("w");
    private static readonly TaskSubmission Submission = new() { Role = "r" };

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndedTasks_MoveOutOfTheLogAndAreStillKnownAfterACrash(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var ids = Ids(0, 4_500);
        foreach (var chunk in ids.Chunk(500))
        {
            await SubmitAsync(cluster, chunk);
            await CompleteAsync(cluster, chunk);
        }

        var names = cluster.Storage.Names(Partition(cluster).GetGrainId());
        Assert.InRange(names.Count(name => name.StartsWith("log-", StringComparison.Ordinal)), 1, 12);
        Assert.Equal(6, names.Count(name => name.StartsWith("ended-", StringComparison.Ordinal)));

        await cluster.CrashAsync();

        foreach (var id in new[] { ids[0], ids[511], ids[512], ids[3_000], ids[^1] })
        {
            var view = (await Partition(cluster).GetAsync(id, FlowCluster.Token))!;
            Assert.Equal((FlowTaskStatus.Completed, $"\"{id}\"", "r"), (view.Status, view.ResultJson, view.Role));
        }

        Assert.Equal([false, true], await Partition(cluster).SubmitAsync([new NewTask(ids[0], Submission), new NewTask(Ids(9_000, 1)[0], Submission)], FlowCluster.Token));
        var other = await Assert.ThrowsAsync<FlowException>(() =>
            Partition(cluster).SubmitAsync([new NewTask(ids[0], Submission with { Priority = 1 })], FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyExists, other.Code);
        var ended = await Assert.ThrowsAsync<FlowException>(() => Partition(cluster).CancelAsync(ids[0], "x", FlowCluster.Token));
        Assert.Equal(FlowErrorCode.AlreadyEnded, ended.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Index_OfManyEndedTasks_IsReadInBlocks()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var ids = Ids(0, 10_000);
        foreach (var chunk in ids.Chunk(1_000))
        {
            await SubmitAsync(cluster, chunk);
            await CompleteAsync(cluster, chunk);
        }

        Assert.Contains("index-0", cluster.Storage.Names(Partition(cluster).GetGrainId()));
        await cluster.CrashAsync();

        Assert.All(
            await Partition(cluster).SubmitAsync([.. ids.Where((_, number) => number % 500 == 0).Select(id => new NewTask(id, Submission))], FlowCluster.Token),
            isNew => Assert.False(isNew));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sweep_ForgetsWhatMovedBeforeTheMoment(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var ids = Ids(0, 3_000);
        foreach (var chunk in ids.Chunk(500))
        {
            await SubmitAsync(cluster, chunk);
            await CompleteAsync(cluster, chunk);
        }

        var movedUtc = cluster.Clock.GetUtcNow();
        Assert.Equal(0, await Partition(cluster).SweepAsync(movedUtc, 10_000, FlowCluster.Token));
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        var beforeUtc = cluster.Clock.GetUtcNow();
        Assert.Equal(512, await Partition(cluster).SweepAsync(beforeUtc, 1_000, FlowCluster.Token));
        Assert.Null(await Partition(cluster).GetAsync(ids[0], FlowCluster.Token));
        await cluster.CrashAsync();

        Assert.Null(await Partition(cluster).GetAsync(ids[511], FlowCluster.Token));
        Assert.NotNull(await Partition(cluster).GetAsync(ids[512], FlowCluster.Token));
        Assert.InRange(await Partition(cluster).SweepAsync(beforeUtc, 10_000, FlowCluster.Token), 512, 2_048);
        Assert.NotNull(await Partition(cluster).GetAsync(ids[^1], FlowCluster.Token));
        await SubmitAsync(cluster, ids[..1]);
        Assert.DoesNotContain("ended-1", cluster.Storage.Names(Partition(cluster).GetGrainId()));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OldOpenTask_DoesNotHoldUpTheLog(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var old = Ids(50_000, 1);
        await SubmitAsync(cluster, old);
        foreach (var chunk in Ids(0, 20_000).Chunk(200))
        {
            await SubmitAsync(cluster, chunk);
            await CompleteAsync(cluster, chunk);
        }

        // 300 commits were made; without moving the old task the log would have as many rows.
        var names = cluster.Storage.Names(Partition(cluster).GetGrainId());
        Assert.InRange(names.Count(name => name.StartsWith("log-", StringComparison.Ordinal)), 1, 120);
        await cluster.CrashAsync();
        Assert.Equal(FlowTaskStatus.Ready, (await Partition(cluster).GetAsync(old[0], FlowCluster.Token))!.Status);
        await CompleteAsync(cluster, old);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Commit_OfManyTasks_IsOneRowAndTheHead()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var ids = Ids(0, 300);
        var writes = new List<string>();
        cluster.Storage.AfterWrite = (name, _) => writes.Add(name);

        await SubmitAsync(cluster, ids);
        var granted = await Partition(cluster).GrantAsync(ids, Worker, "s", FlowCluster.Token);

        Assert.Equal(["log-1", "partition", "log-2", "partition"], writes);
        Assert.All(granted, grant => Assert.Equal(1L, grant!.Token.Epoch));
    }

    [Fact(Timeout = Watchdog)]
    public async Task CommitBehindAnotherActivation_FailsAndWhatItWroteIsRead()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var ids = Ids(0, 2);
        await SubmitAsync(cluster, ids[..1]);
        var (grain, head) = (Partition(cluster).GetGrainId(), "partition");

        // Only the etag is new, as after a write of an activation that nobody here knows.
        cluster.Storage.Put(head, grain, cluster.Storage.Get(head, grain));
        var gone = cluster.WhenDeactivatedAsync(Partition(cluster));
        await Assert.ThrowsAsync<FlowException>(() => SubmitAsync(cluster, ids[1..]));
        await gone;

        Assert.Null(await Partition(cluster).GetAsync(ids[1], FlowCluster.Token));
        await SubmitAsync(cluster, ids[1..]);
        Assert.Equal(FlowTaskStatus.Ready, (await Partition(cluster).GetAsync(ids[0], FlowCluster.Token))!.Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Effects_OfOneCall_AreAnsweredEachByItself()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var ids = Ids(0, 3);
        await SubmitAsync(cluster, ids[..2]);
        var grants = await Partition(cluster).GrantAsync(ids, Worker, "s", FlowCluster.Token);
        Assert.Null(grants[2]);
        AttemptOutcome[] outcomes =
        [
            Completed(grants[0]!.Token), Completed(grants[1]!.Token with { Epoch = 9 }), Completed(new LeaseToken(ids[2], 1)), Completed(grants[0]!.Token),
        ];

        var receipts = await Partition(cluster).CompleteAsync(outcomes, FlowCluster.Token);

        Assert.Equal([true, false, false, true], receipts.Select(receipt => receipt.Accepted));
        Assert.Equal([null, "lease_lost", "lease_lost", null], receipts.Select(receipt => receipt.RefusedReason));
        Assert.Equal([false, true], await Partition(cluster).RenewAsync([new LeaseRenewal(grants[0]!.Token), new LeaseRenewal(grants[1]!.Token)], Worker, "s", FlowCluster.Token));
    }

    [Fact(Timeout = Watchdog)]
    public async Task WatchEnds_YieldsEachTaskOnceWhenItEnds()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var ids = Ids(0, 40);
        await SubmitAsync(cluster, ids);
        await CompleteAsync(cluster, ids[..10]);
        var watching = FlowCluster.ReadAsync(Partition(cluster).WatchEndsAsync(ids, FlowCluster.Token));
        await CompleteAsync(cluster, ids[10..]);

        var ended = (await watching).SelectMany(views => views).ToList();

        Assert.Equal(ids.Select(id => id.Value).Order(StringComparer.Ordinal), ended.Select(view => view.TaskId.Value).Order(StringComparer.Ordinal));
        Assert.All(ended, view => Assert.Equal(FlowTaskStatus.Completed, view.Status));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Lease_ThatNobodyRenews_EndsByItself()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("other", 1, "r");
        var ids = Ids(0, 1);
        await worker.DrainAsync();
        await SubmitAsync(cluster, ids);
        await Partition(cluster).GrantAsync(ids, Worker, "s", FlowCluster.Token);

        // No queue, no worker and no caller asks for the task.
        var free = await cluster.StartWorkerAsync("free", 1, "r");
        var offer = await cluster.AdvanceUntilAsync(free.NextOfferAsync(), TimeSpan.FromSeconds(1), free);

        Assert.Equal((ids[0], 2L), (offer.Token.TaskId, offer.Token.Epoch));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reminder_StandsWhileTasksAreOpen()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var ids = Ids(0, 1);
        await SubmitAsync(cluster, ids);
        Assert.Equal(["tasks"], await cluster.RemindersAsync(Partition(cluster)));
        await CompleteAsync(cluster, ids);
        cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["tasks"], await cluster.RemindersAsync(Partition(cluster)));

        while ((await cluster.RemindersAsync(Partition(cluster))).Count > 0)
        {
            FlowCluster.Token.ThrowIfCancellationRequested();
            cluster.Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }

    /// <summary>Stored tasks are found by these values: they may never change.</summary>
    [Theory]
    [InlineData("a", 4)]
    [InlineData("task-1", 7)]
    [InlineData("task-2", 2)]
    [InlineData("0198c2f0-0000-7000-8000-000000000000", 6)]
    public void KeyOf_IsTheSameForEver(string id, int number) => Assert.Equal(number, TaskPartitions.NumberOf(TaskId.Standalone(id)));

    [Fact]
    public void KeyOf_SpreadsIdsThatCountUp()
    {
        var counts = Enumerable.Range(0, 8_000).GroupBy(number => TaskPartitions.NumberOf(TaskId.Standalone($"b{number}"))).Select(group => group.Count()).ToList();

        Assert.Equal(TaskPartitions.Count, counts.Count);
        Assert.All(counts, count => Assert.InRange(count, 800, 1_200));
    }

    private static ITaskPartitionGrain Partition(FlowCluster cluster) => cluster.Grains.GetGrain<ITaskPartitionGrain>(Key);

    /// <summary>Ids that belong to the one partition of these tests.</summary>
    private static TaskId[] Ids(int first, int count) =>
    [
        .. Enumerable.Range(first * 100, int.MaxValue - (first * 100)).Select(number => TaskId.Standalone($"t{number}"))
            .Where(id => TaskPartitions.KeyOf(id) == Key).Take(count),
    ];

    private static async Task SubmitAsync(FlowCluster cluster, IReadOnlyList<TaskId> ids) =>
        Assert.All(await Partition(cluster).SubmitAsync([.. ids.Select(id => new NewTask(id, Submission))], FlowCluster.Token), isNew => Assert.True(isNew));

    private static async Task CompleteAsync(FlowCluster cluster, IReadOnlyList<TaskId> ids)
    {
        var grants = await Partition(cluster).GrantAsync(ids, Worker, "s", FlowCluster.Token);
        Assert.All(
            await Partition(cluster).CompleteAsync([.. grants.Select(grant => Completed(grant!.Token))], FlowCluster.Token),
            receipt => Assert.True(receipt.Accepted));
    }

    private static AttemptOutcome Completed(LeaseToken token) => new() { Token = token, End = AttemptEnd.Completed, ResultJson = $"\"{token.TaskId}\"" };
}
