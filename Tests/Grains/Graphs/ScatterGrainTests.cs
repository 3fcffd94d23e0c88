using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Scattered nodes and windows, through queue, worker, storage and crashes.</summary>
public sealed class ScatterGrainTests
{
    private const int Watchdog = 60_000;

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Foreach_OverAList_SurvivesACrash_AndEachTaskKnowsItsItem(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        await cluster.SubmitAsync("r1", """{"id":"set","fn":"vars.set","args":{"kv":{"days":["mon",{"d":2},3]}}},{"id":"each","role":"r","params":{"x":1},"foreach":{"items":"vars.days","as":"day"},"concurrency":{"limit":2},"depends_on":["set"]}""");
        var first = await cluster.StartWorkerAsync("w1", 1, "r");
        var offer = await first.NextOfferAsync();
        await first.DrainAsync();
        await first.CompleteAsync(offer);

        await cluster.CrashAsync();
        Assert.Equal(
            ["\"mon\"", """{"d":2}""", "3"], (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Nodes[1].Tasks.Select(task => task.ItemJson));
        var worker = await cluster.StartWorkerAsync("w2", 4, "r");
        var grants = new Dictionary<int, LeaseGrant>();
        while (grants.Count < 2)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                grants.Add(grant.Token.TaskId.Index, grant);
                Assert.Equal(3, grant.TaskCount);
                await worker.CompleteAsync(grant);
            }
        }

        Assert.Equal(["""{"x":1,"day":{"d":2}}""", """{"x":1,"day":3}"""], grants.OrderBy(grant => grant.Key).Select(grant => grant.Value.ParamsJson));
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
        var one = Assert.Single((await cluster.Run("r1").GetTasksAsync("each[1]", 0, 10, FlowCluster.Token)).Tasks);
        Assert.Equal(("r1/each/1", """{"d":2}"""), (one.TaskId.Value, one.ItemJson));
        var missing = await Assert.ThrowsAsync<FlowException>(() => cluster.Run("r1").GetTasksAsync("each[3]", 0, 10, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.NotFound, missing.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Foreach_OverBatches_GivesEachTaskItsOwn_AlsoAfterACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.SubmitAsync("r1", """{"id":"src","role":"src"},{"id":"each","role":"r","foreach":{"batches_of":"src"},"depends_on":["src"],"start_when":"first_batch"}""");
        var source = await cluster.StartWorkerAsync("s", 1, "src");
        var made = await source.NextOfferAsync();
        await source.BatchAsync(made, 0, rows: 1);
        await source.BatchAsync(made, 1, rows: 2);
        await cluster.CrashAsync();
        await source.RegisterAsync(made.Token);
        await source.BatchAsync(made, 2, rows: 3);
        await source.CompleteAsync(made, 3);

        var worker = await cluster.StartWorkerAsync("w", 5, "r");
        var rows = new SortedDictionary<int, long>();
        while (rows.Count < 3)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                var all = Assert.Single(await FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(grant.Token, "", FlowCluster.Token)));
                var one = Assert.Single(await FlowCluster.ReadAsync(cluster.Run("r1").ReadInputsAsync(grant.Token, "src", FlowCluster.Token)));
                Assert.Equal(all, one);
                rows.Add(grant.Token.TaskId.Index, one.Rows);
                await worker.CompleteAsync(grant);
            }
        }

        Assert.Equal([(0, 1L), (1, 2L), (2, 3L)], rows.Select(row => (row.Key, row.Value)));
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task BarrierAny_StopsWhatStillRuns()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 3, "r");
        await cluster.SubmitAsync("r1", """{"id":"each","role":"r","foreach":{"items":[1,2,3],"barrier":"any"}},{"id":"z","role":"r","depends_on":["each"]}""");
        var grants = await worker.NextOffersAsync();

        await worker.CompleteAsync(grants[1]);

        var stopped = new List<int>();
        while (stopped.Count < 2)
        {
            stopped.Add((await worker.NextStopAsync()).Token.TaskId.Index);
        }

        Assert.Equal([0, 2], stopped.Order());
        Assert.Equal(RunStatus.Completed, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Nodes[0].Status);
        Assert.False((await worker.CompleteAsync(grants[0])).Accepted);
        await worker.CompleteAsync(await worker.NextOfferAsync());
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
    }
}
