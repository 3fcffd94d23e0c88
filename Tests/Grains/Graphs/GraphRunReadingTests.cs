using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>What readers of a run are told: inputs of a task, and the changes that a watcher sees.</summary>
public sealed class GraphRunReadingTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task ReadInputs_YieldsBatchesAsTheyAreAcceptedAndEndsWithTheParents()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "scan", "sum");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"scan","tasks":2},{"id":"b","role":"sum","depends_on":["a"],"start_when":"first_batch"}""");
        var scans = new List<LeaseGrant>();
        while (scans.Count < 2)
        {
            scans.AddRange(await worker.NextOffersAsync());
        }

        scans.Sort((left, right) => left.Token.TaskId.Index - right.Token.TaskId.Index);
        await worker.BatchAsync(scans[1], 0);
        var sum = await worker.NextOfferAsync();
        Assert.Equal(["a"], sum.Parents);
        var all = cluster.Run("r1").ReadInputsAsync(sum.Token, "", FlowCluster.Token).GetAsyncEnumerator(FlowCluster.Token);
        var ordered = FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(sum.Token, "a", FlowCluster.Token));
        Assert.True(await all.MoveNextAsync());
        Assert.Equal((1, 0), (all.Current.TaskIndex, all.Current.Index));
        var next = all.MoveNextAsync();
        await worker.BatchAsync(scans[0], 0);
        Assert.True(await next);
        Assert.Equal((0, 0), (all.Current.TaskIndex, all.Current.Index));
        await worker.CompleteAsync(scans[0], 1);
        await worker.BatchAsync(scans[1], 1);
        await worker.CompleteAsync(scans[1], 2);
        Assert.True(await all.MoveNextAsync());
        Assert.False(await all.MoveNextAsync());
        await all.DisposeAsync();

        Assert.Equal([(0, 0), (1, 0), (1, 1)], (await ordered).Select(artifact => (artifact.TaskIndex, artifact.Index)));
        var foreign = await Assert.ThrowsAsync<FlowException>(async () => await FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(sum.Token, "b", FlowCluster.Token)));
        Assert.Equal(FlowErrorCode.BadInput, foreign.Code);
        var stale = sum.Token with { Epoch = 7 };
        var lost = await Assert.ThrowsAsync<FlowException>(async () => await FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(stale, "", FlowCluster.Token)));
        Assert.Equal(FlowErrorCode.LeaseLost, lost.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Watch_GivesASnapshotThenTheChangesInOrderAndEnds()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"}""");
        var watch = FlowCluster.ReadAsync(cluster.Run("r1").WatchAsync(FlowCluster.Token));
        await cluster.WhenAsync("r1", change => change.Snapshot is not null);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var grant = await worker.NextOfferAsync();
        await worker.BatchAsync(grant, 0);
        await worker.CompleteAsync(grant, 1);

        var events = await watch;
        Assert.NotNull(events[0].Snapshot);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(change => change.Sequence));
        Assert.Equal(RunStatus.Completed, events[^1].Run?.Status ?? events[^1].Snapshot?.Status);
        var missing = await Assert.ThrowsAsync<FlowException>(async () => await FlowCluster.ReadAsync(cluster.Run("nope").WatchAsync(FlowCluster.Token)));
        Assert.Equal(FlowErrorCode.NotFound, missing.Code);
    }
}
