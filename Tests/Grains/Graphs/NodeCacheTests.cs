using OrleansFlow.Graphs;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Nodes whose outcome comes from an earlier run.</summary>
public sealed class NodeCacheTests
{
    private const int Watchdog = 60_000;

    private const string Cached = """{"id":"a","role":"r","tasks":2,"params":{"day":DAY},"cache":{"key":"params.day","ttl_sec":60}},{"id":"b","role":"last","depends_on":["a"]}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CachedResult_OfTheSameContentKey_NeedsNoWorker(bool crash)
    {
        await using var cluster = await FlowCluster.StartAsync();
        await WorkAsync(cluster, "r1", "1");
        if (crash)
        {
            await cluster.CrashAsync();
        }

        await cluster.SubmitAsync("r2", Cached.Replace("DAY", "1", StringComparison.Ordinal));
        var last = await cluster.StartWorkerAsync("last", 1, "last");
        var grant = await last.NextOfferAsync();

        var inputs = await FlowCluster.ReadAsync(cluster.Run("r2").ReadInputsAsync(grant.Token, "a", FlowCluster.Token));
        Assert.Equal(["r1/a/0/0.e1.arrow", "r1/a/1/0.e1.arrow"], inputs.Select(input => input.Path));
        await last.CompleteAsync(grant);
        var run = await cluster.WhenEndedAsync("r2");
        Assert.Equal((RunStatus.Completed, "r1", 20L), (run.Status, run.Nodes[0].CachedFrom.Value, run.Nodes[0].Rows));
        Assert.All(run.Nodes[0].Tasks, task => Assert.Equal((0L, """{"ok":true}"""), (task.Epoch, task.ResultJson)));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("2", 0)]
    [InlineData("1", 61)]
    public async Task AnotherKey_OrOneThatIsTooOld_IsWorkedOn(string day, int seconds)
    {
        await using var cluster = await FlowCluster.StartAsync();
        await WorkAsync(cluster, "r1", "1");
        cluster.Clock.Advance(TimeSpan.FromSeconds(seconds));

        await WorkAsync(cluster, "r2", day);

        Assert.True((await cluster.Run("r2").GetAsync(FlowCluster.Token))!.Nodes[0].CachedFrom.IsDefault);
    }

    /// <summary>Works on both tasks of the first node, and waits until what it did can be found.</summary>
    private static async Task WorkAsync(FlowCluster cluster, string run, string day)
    {
        await cluster.SubmitAsync(run, Cached.Replace("DAY", day, StringComparison.Ordinal));
        var worker = await cluster.StartWorkerAsync($"w-{run}", 2, "r");
        for (var done = 0; done < 2;)
        {
            foreach (var grant in await worker.NextOffersAsync())
            {
                await worker.BatchAsync(grant, 0);
                await worker.CompleteAsync(grant, 1);
                done++;
            }
        }

        await worker.DrainAsync();

        var last = await cluster.StartWorkerAsync($"last-{run}", 1, "last");
        var grantOfLast = await last.NextOfferAsync();
        await last.DrainAsync();
        await last.CompleteAsync(grantOfLast);
        await cluster.WhenEndedAsync(run);
        while ((await cluster.RemindersAsync(cluster.Run(run))).Count > 0)
        {
            // Its reminder ends when it has told everybody.
            FlowCluster.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
