using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>What a queue does first: offer a task or store it.</summary>
public sealed class RoleQueueOrderTests
{
    private const int Watchdog = 60_000;

    private const string Node = """{"id":"a","role":"r"}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Task_OfARun_IsOfferedWhileItIsBeingStored(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var worker = await cluster.StartWorkerAsync("w", 2, "r");
        var gate = HoldSegments(cluster);
        await cluster.SubmitAsync("run", Node);

        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("run")).Status);

        gate.SetResult();
        await WhenEmptyAsync(cluster);
        await cluster.CrashAsync();
        Assert.Equal((0, 0), await CountsAsync(cluster));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_WhoseEntryCouldNotBeStored_IsDoneOnceAllTheSame()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var gate = HoldSegments(cluster);
        await cluster.SubmitAsync("run", """{"id":"a","role":"r","tasks":2}""");
        var first = await worker.NextOfferAsync();
        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        gate.SetException(new IOException("The disk is gone."));
        await worker.CompleteAsync(first);

        // The queue is read again, and its run tells it once more what is ready.
        var offer = cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(1), worker);
        var second = await offer;
        Assert.NotEqual(first.Token.TaskId, second.Token.TaskId);
        Assert.True((await worker.CompleteAsync(second)).Accepted);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("run")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("""{"id":"a","role":"r"}""", true)]
    [InlineData("""{"id":"a","role":"r","concurrency":{"limit":3,"key":"db"}}""", false)]
    public async Task Task_ThatALimitCounts_IsStoredBeforeItIsOffered(string node, bool isRoleLimited)
    {
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) =>
            silo?.Services.Configure<LimitOptions>(options => options.Roles[isRoleLimited ? "r" : "other"] = 3));
        var worker = await cluster.StartWorkerAsync("w", 2, "r");
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = HoldSegments(cluster, reached);
        await cluster.SubmitAsync("run", node);

        await reached.Task;
        Assert.Equal((0, 0), await CountsAsync(cluster));

        gate.SetResult();
        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Segment_WhoseTasksEndedWhileItIsWritten_IsDeletedAfterThatWrite()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = HoldSegments(cluster, reached);
        var first = queue.EnqueueAsync([Entry(0)], FlowCluster.Token);
        await reached.Task;
        var second = queue.EnqueueAsync([.. Enumerable.Range(1, 600).Select(Entry)], FlowCluster.Token);
        reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var next = HoldSegments(cluster, reached);
        gate.SetResult();
        await reached.Task;
        var cleared = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.BeforeClear = name =>
        {
            cleared.TrySetResult(name);
            return Task.CompletedTask;
        };

        await queue.RemoveAsync([.. Enumerable.Range(0, 601).Select(number => Entry(number).TaskId)], FlowCluster.Token);
        for (var tick = 0; tick < 5; tick++)
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(1));
            await CountsAsync(cluster);
        }

        Assert.False(cleared.Task.IsCompleted);
        next.SetResult();
        await Task.WhenAll(first, second);
        Assert.Equal("segment-1", await cluster.AdvanceUntilAsync(cleared.Task, TimeSpan.FromSeconds(1)));

        QueueEntry Entry(int number) => new(TaskId.Parse($"run/node/{number}"), 0, cluster.Clock.GetUtcNow());
    }

    /// <summary>Holds the writes of the queue's entries.</summary>
    private static TaskCompletionSource HoldSegments(FlowCluster cluster, TaskCompletionSource? reached = null)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Storage.BeforeWrite = name =>
        {
            if (!name.StartsWith("segment-", StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            reached?.TrySetResult();
            return gate.Task;
        };
        return gate;
    }

    private static async Task WhenEmptyAsync(FlowCluster cluster)
    {
        while (await CountsAsync(cluster) != (0, 0))
        {
            await Task.Yield();
        }
    }

    private static async Task<(int Ready, int InFlight)> CountsAsync(FlowCluster cluster)
    {
        var status = await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token);
        return (status.ReadyCount, status.InFlightCount);
    }
}
