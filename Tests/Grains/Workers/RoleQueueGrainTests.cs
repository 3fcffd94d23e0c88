using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

public sealed class RoleQueueGrainTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Role_IsKnownOnceAWorkerHasAnnouncedItAlsoAfterACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        Assert.False((await StatusAsync(cluster)).Known);
        await cluster.StartWorkerAsync("w", 1, "r");
        Assert.True((await StatusAsync(cluster)).Known);

        await cluster.CrashAsync();

        Assert.True((await StatusAsync(cluster)).Known);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Tasks_AreLeasedByPriorityThenAge()
    {
        await using var cluster = await FlowCluster.StartAsync();
        foreach (var (id, priority) in new[] { ("first", 0), ("second", 0), ("urgent", 5) })
        {
            await cluster.Task(id).SubmitAsync(new TaskSubmission { Role = "r", Priority = priority }, FlowCluster.Token);
            cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var order = new List<string>();
        for (var index = 0; index < 3; index++)
        {
            var grant = await worker.NextOfferAsync();
            order.Add(grant.Token.TaskId.Value);
            await worker.CompleteAsync(grant);
        }

        Assert.Equal(["urgent", "first", "second"], order);
    }

    /// <summary>
    /// The end of a queue waits for its assignments; an assignment whose grant fails tells the queues of free slots, this one too. Time stands
    /// still here, so that no time-out can part them.
    /// </summary>
    [Fact(Timeout = 15_000)]
    public async Task Deactivation_DuringAnAssignmentWhoseGrantFails_DoesNotWaitForItself()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.StartWorkerAsync("w", 2, "r");
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var grant = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isGranting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = 0;
        cluster.Storage.BeforeWrite = name =>
        {
            if (!name.StartsWith("log-", StringComparison.Ordinal) || Interlocked.Increment(ref writes) == 1)
            {
                return Task.CompletedTask;
            }

            isGranting.TrySetResult();
            return grant.Task;
        };
        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        await isGranting.Task;

        var deactivated = cluster.WhenDeactivatedAsync(queue);
        var deactivation = cluster.DeactivateAsync(queue);
        grant.SetException(new IOException("not written"));

        await deactivation;
        await deactivated;
        Assert.True((await StatusAsync(cluster)).Known);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Enqueue_BehindA100000ReadyTasks_WritesWhatIsNewAndNotWhatWaits()
    {
        const int chunk = 1_000;
        await using var cluster = await FlowCluster.StartAsync();
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var bytes = 0L;
        cluster.Storage.AfterWrite = (_, json) => Interlocked.Add(ref bytes, json.Length);
        for (var first = 0; first < 100_000; first += chunk)
        {
            await queue.EnqueueAsync([.. Enumerable.Range(first, chunk).Select(Entry)], FlowCluster.Token);
        }

        var stored = bytes;
        bytes = 0;
        await queue.EnqueueAsync([Entry(100_000)], FlowCluster.Token);

        // One segment at most, of 512 entries.
        Assert.InRange(bytes, 1, 40_000);
        Assert.True(stored > 5_000_000 && stored < 20_000_000, $"{stored} bytes for 100 000 entries");

        QueueEntry Entry(int number) => new(TaskId.Parse($"run/node/{number}"), 0, cluster.Clock.GetUtcNow());
    }

    [Fact(Timeout = Watchdog)]
    public async Task AcknowledgedTasks_SurviveACrashOfTheSiloAndEachIsDoneOnce()
    {
        const int count = 1_200;
        await using var cluster = await FlowCluster.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, count).Select(index =>
            cluster.Task($"t{index}").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token)));
        Assert.Equal(count, (await StatusAsync(cluster)).ReadyCount);

        await cluster.CrashAsync();

        Assert.Equal(count, (await StatusAsync(cluster)).ReadyCount);
        var worker = await cluster.StartWorkerAsync("w", 64, "r");
        var done = new HashSet<string>();
        while (done.Count < count)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                Assert.True(done.Add(grant.Token.TaskId.Value));
                Assert.True((await worker.CompleteAsync(grant)).Accepted);
            }
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task TaskEnqueuedTwiceAtOnce_IsStillStoredAfterTheNextWrite()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var (reached, gate) = Hold(cluster);
        var first = queue.EnqueueAsync([Ready(cluster, "twice")], FlowCluster.Token);
        await reached;
        var second = queue.EnqueueAsync([Ready(cluster, "twice")], FlowCluster.Token);
        gate.SetResult();
        await Task.WhenAll(first, second);
        await queue.EnqueueAsync([Ready(cluster, "other")], FlowCluster.Token);

        await cluster.CrashAsync();

        Assert.Equal(2, (await StatusAsync(cluster)).ReadyCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Enqueue_BehindAWriteThatFailed_IsStoredOrFailsToo()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var (reached, gate) = Hold(cluster);
        var first = queue.EnqueueAsync([Ready(cluster, "first")], FlowCluster.Token);
        await reached;
        var second = queue.EnqueueAsync([Ready(cluster, "second")], FlowCluster.Token);
        gate.SetException(new IOException("The disk is gone."));

        await Assert.ThrowsAnyAsync<Exception>(() => first);
        await Task.WhenAny(second);
        var acknowledged = second.IsCompletedSuccessfully ? 1 : 0;
        await cluster.CrashAsync();
        Assert.Equal(acknowledged, (await StatusAsync(cluster)).ReadyCount);

        await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").EnqueueAsync([Ready(cluster, "first"), Ready(cluster, "second")], FlowCluster.Token);
        await cluster.CrashAsync();
        Assert.Equal(2, (await StatusAsync(cluster)).ReadyCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FinishedTasks_LeaveTheQueue()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        await worker.CompleteAsync(await worker.NextOfferAsync());

        RoleQueueStatus status;
        do
        {
            status = await StatusAsync(cluster);
        }
        while (status.InFlightCount > 0);

        Assert.Equal((0, 0), (status.ReadyCount, status.InFlightCount));
    }

    [Fact(Timeout = Watchdog)]
    public async Task EntryOfATaskThatNobodyOwns_IsDropped()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").EnqueueAsync(
            [new QueueEntry(TaskId.Standalone("ghost"), 9, cluster.Clock.GetUtcNow())], FlowCluster.Token);
        await cluster.Task("real").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);

        var worker = await cluster.StartWorkerAsync("w", 1, "r");

        Assert.Equal("real", (await worker.NextOfferAsync()).Token.TaskId.Value);
    }

    private static QueueEntry Ready(FlowCluster cluster, string run) => new(TaskId.Parse($"{run}/node/0"), 0, cluster.Clock.GetUtcNow());

    /// <summary>Holds the next write, and only it, until the gate ends, as the gate does.</summary>
    private static (Task Reached, TaskCompletionSource Gate) Hold(FlowCluster cluster)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.BeforeWrite = _ =>
        {
            cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
            reached.SetResult();
            return gate.Task;
        };
        return (reached.Task, gate);
    }

    private static Task<RoleQueueStatus> StatusAsync(FlowCluster cluster) =>
        cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token);
}
