using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Goal: a run of a hundred thousand nodes costs what changes in it, is looked at in pages, and outlives its silo.</summary>
public sealed class LargeRunTests
{
    private const int Count = GraphLimits.NodeCountMax;
    private const int Watchdog = 120_000;

    /// <summary>One node, all the others after it, and one that joins them.</summary>
    private static string Document(string middle) => FlowCluster.Document(string.Join(',', (string[])
    [
        """{"id":"first","role":"r"}""",
        .. Enumerable.Range(0, Count - 2).Select(node => $$"""{"id":"n{{node}}",{{middle}},"depends_on":["first"]}"""),
        $$"""{"id":"last","role":"r","depends_on":[{{string.Join(',', Enumerable.Range(0, Count - 2).Select(node => $"\"n{node}\""))}}]}""",
    ]));

    [Fact(Timeout = Watchdog)]
    public async Task Commit_OfAHundredThousandNodes_WritesWhatChanged()
    {
        var storage = new JsonBatchStorage();
        var bytes = 0L;
        storage.AfterWrite = (name, json) => bytes += name == "run-plan" ? 0 : json.Length;
        var run = new StoredRun(storage, Document("\"role\":\"r\""));
        await run.DoAsync(run.Submit());
        Assert.InRange(bytes, 1, 1_000);
        await run.DoAsync(Finish(0));

        // A hundred parents of the join in one commit, whose edges are a hundred thousand, and one at the far end.
        foreach (var nodes in (IEnumerable<int>[])[Enumerable.Range(1, 100), [Count - 3]])
        {
            bytes = 0;
            await run.DoAsync([.. nodes.SelectMany(Finish)]);
            Assert.InRange(bytes, 1, 200_000);
        }

        var written = run.State;
        await run.ReloadAsync();
        Assert.Equal((written.Status, written.EndedCount, 102), (run.State.Status, run.State.EndedCount, run.State.EndedCount));
        Assert.Equal((101, 0), (run.State.Nodes[Count - 1].TakenCount, run.State.Nodes[Count - 1].DeadCount));
        Assert.Equal(written.Nodes.Select(node => (node.Status, node.Opened, node.OpenedUtc)), run.State.Nodes.Select(node => (node.Status, node.Opened, node.OpenedUtc)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task SiloCrash_InARunOfAHundredThousandNodes_TheRunGoesOn()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var run = cluster.Run("r1");
        Assert.True(await run.SubmitAsync(new RunSubmission { DocumentJson = Document("\"fn\":\"noop\"") }, FlowCluster.Token));

        // One outcome ends all nodes but the last, in one commit.
        var first = await worker.NextOfferAsync();
        await worker.DrainAsync();
        await worker.CompleteAsync(first);
        var before = await run.GetAsync(FlowCluster.Token);
        Assert.Equal((Count, 0, Count - 1), (before!.NodeCount, before.Nodes.Count, Assert.Single(before.NodeStates, count => count.Status == RunStatus.Completed).Nodes));
        await cluster.CrashAsync();

        await run.RecoverAsync(FlowCluster.Token);
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        await other.CompleteAsync(await other.NextOfferAsync());
        var ended = await run.WatchEndAsync(FlowCluster.Token).FirstAsync(FlowCluster.Token);
        Assert.Equal((RunStatus.Completed, Count), (ended.Status, Assert.Single(ended.NodeStates, count => count.Status == RunStatus.Completed).Nodes));
        var page = await run.GetNodesAsync(Count - 2, 1_000, [], FlowCluster.Token);
        Assert.Equal([$"n{Count - 3}", "last"], page.Nodes.Select(node => node.NodeId));
        Assert.Null(page.Next);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Nodes_InPages_AreAllOfThemOnce()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        await cluster.SubmitAsync("r1", string.Join(',', Enumerable.Range(0, 2_500).Select(node => $$"""{"id":"n{{node}}","role":"r"}""")));
        var run = cluster.Run("r1");
        var ids = new List<string>();
        for (int? begin = 0; begin is { } next;)
        {
            var page = await run.GetNodesAsync(next, 1_000, [RunStatus.Pending], FlowCluster.Token);
            ids.AddRange(page.Nodes.Select(node => node.NodeId));
            begin = page.Next;
        }

        Assert.Equal(Enumerable.Range(0, 2_500).Select(node => $"n{node}"), ids);
        Assert.Empty((await run.GetNodesAsync(0, 1_000, [RunStatus.Failed], FlowCluster.Token)).Nodes);
        Assert.Equal("n7", (await run.GetNodeAsync("n7", FlowCluster.Token))!.NodeId);
        Assert.Null(await run.GetNodeAsync("x", FlowCluster.Token));
    }

    private static GraphRunCommand[] Finish(int node) =>
    [
        new LeaseTask(new TaskSlot(node, 0), new GrantLease(new WorkerId("w"), "s")),
        new LeaseTask(new TaskSlot(node, 0), new CompleteAttempt(1, 0)),
    ];
}
