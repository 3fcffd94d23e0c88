using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>Limits of a role and of a key over runs and crashes, and how tasks are spread over workers.</summary>
public sealed class LimitTests
{
    private const int Watchdog = 60_000;

    private const string Keyed = """{"id":"a","role":"r","tasks":4,"concurrency":{"limit":3,"key":"db"}}""";

    [Fact(Timeout = Watchdog)]
    public async Task Limit_OfAKey_IsNeverExceededOverRuns()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 20, "r");
        await cluster.SubmitAsync("r1", Keyed);
        await cluster.SubmitAsync("r2", Keyed);

        await RunAllAsync(worker, total: 8, limit: 3);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r2")).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_OfARole_IsNeverExceededOverRuns()
    {
        await using var cluster = await FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.Configure<LimitOptions>(options => options.Roles["r"] = 2));
        var worker = await cluster.StartWorkerAsync("w", 20, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":3}""");
        await cluster.SubmitAsync("r2", """{"id":"a","role":"r","tasks":3}""");

        await RunAllAsync(worker, total: 6, limit: 2);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_OfAKey_HoldsAfterACrash()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var first = await cluster.StartWorkerAsync("w1", 2, "r");
        await cluster.SubmitAsync("r1", Keyed);
        var held = new List<LeaseGrant>();
        while (held.Count < 2)
        {
            held.AddRange(await first.NextOffersAsync());
        }

        await cluster.CrashAsync();
        await first.RegisterAsync([.. held.Select(grant => grant.Token)]);
        var second = await cluster.StartWorkerAsync("w2", 20, "r");

        // Two are leased, so that one more may be; the queue asks the run before it offers any.
        var offer = cluster.AdvanceUntilAsync(second.NextOffersAsync(), TimeSpan.FromSeconds(1), first, second);
        Assert.Single(await offer);
        Assert.Equal(3, (await cluster.Run("r1").GetAsync(FlowCluster.Token))!.Nodes[0].LeasedCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Tasks_AreSpreadOverTheWorkersThatHaveRoom()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var workers = new[] { await cluster.StartWorkerAsync("w1", 8, "r"), await cluster.StartWorkerAsync("w2", 8, "r"), await cluster.StartWorkerAsync("w3", 8, "r") };
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":6}""");

        foreach (var worker in workers)
        {
            var count = 0;
            while (count < 2)
            {
                count += (await worker.NextOffersAsync()).Count;
            }

            Assert.Equal(2, count);
        }
    }

    /// <summary>Completes a task only when as many are in hand as the limit allows, and finds that there are never more.</summary>
    private static async Task RunAllAsync(TestWorker worker, int total, int limit)
    {
        var inHand = new Queue<LeaseGrant>();
        for (var done = 0; done < total; done++)
        {
            while (inHand.Count < Math.Min(limit, total - done))
            {
                foreach (var grant in await worker.NextOffersAsync())
                {
                    inHand.Enqueue(grant);
                }
            }

            Assert.Equal(Math.Min(limit, total - done), inHand.Count);
            await worker.CompleteAsync(inHand.Dequeue());
        }
    }
}
