using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Decisions.Limits;
using OrleansFlow.Graphs;
using OrleansFlow.Limits;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

/// <summary>Limits over several roles: of a key, and of all tasks, standalone ones included.</summary>
public sealed class SharedLimitTests
{
    private const int Watchdog = 60_000;

    private const string TwoRoles =
        """{"id":"a","role":"r","tasks":4,"concurrency":{"limit":3,"key":"db"}},{"id":"b","role":"s","tasks":4,"concurrency":{"limit":3,"key":"db"}}""";

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Limit_OfAKey_IsNeverExceededOverRunsAndRoles(bool forgets)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 20, "r", "s");
        await cluster.SubmitAsync("r1", TwoRoles);
        await cluster.SubmitAsync("r2", TwoRoles);

        await RunAllAsync(cluster, worker, total: 16, limit: 3, forgets ? cluster.Grains.GetGrain<ILimitGrain>(LimitScopes.OfKey("db")) : null);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r1")).Status);
        Assert.Equal(RunStatus.Completed, (await cluster.WhenEndedAsync("r2")).Status);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Limit_OfAllTasks_IsNeverExceededOverRolesRunsAndStandaloneTasks(bool forgets)
    {
        await using var cluster = await StartAsync(options => options.Total = 4);
        var worker = await cluster.StartWorkerAsync("w", 20, "r", "s");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":4},{"id":"b","role":"s","tasks":4}""");
        await SubmitAsync(cluster, "r", 4);
        await SubmitAsync(cluster, "s", 4);

        await RunAllAsync(cluster, worker, total: 16, limit: 4, forgets ? cluster.Grains.GetGrain<ILimitGrain>(LimitScopes.All) : null);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_OfARole_CountsStandaloneTasks()
    {
        await using var cluster = await StartAsync(options => options.Roles["r"] = 2);
        var worker = await cluster.StartWorkerAsync("w", 20, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":3}""");
        await SubmitAsync(cluster, "r", 3);

        await RunAllAsync(cluster, worker, total: 6, limit: 2);
        Assert.False(cluster.IsActive(cluster.Grains.GetGrain<ILimitGrain>(LimitScopes.All)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_OfAllTasks_HoldsAfterACrash()
    {
        await using var cluster = await StartAsync(options => options.Total = 4);
        var first = await cluster.StartWorkerAsync("w1", 3, "r", "s");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":4}""");
        await SubmitAsync(cluster, "s", 4);
        var held = new List<LeaseGrant>();
        while (held.Count < 3)
        {
            held.AddRange(await first.NextOffersAsync());
        }

        await cluster.CrashAsync();
        await first.RegisterAsync([.. held.Select(grant => grant.Token)]);
        var second = await cluster.StartWorkerAsync("w2", 20, "r", "s");

        Assert.Single(await cluster.AdvanceUntilAsync(second.NextOffersAsync(), TimeSpan.FromSeconds(1), first, second));
        for (var step = 0; step < 5; step++)
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(1));
            await first.HeartbeatAsync();
            await second.HeartbeatAsync();
        }

        Assert.Single(second.Offered);
        await first.CompleteAsync(held[0]);
        var next = await cluster.AdvanceUntilAsync(Task.WhenAny(first.NextOffersAsync(), second.NextOffersAsync()), TimeSpan.FromSeconds(1), first, second);
        Assert.Single(await next);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_HeldByAQueueThatIsGone_IsAskedForAndGivenToOthers()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 20, "r", "s");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","concurrency":{"limit":1,"key":"db"}}""");
        var grant = await worker.NextOfferAsync();
        var queue = cluster.Grains.GetGrain<IRoleQueueGrain>("r/0");
        await worker.CompleteAsync(grant);
        await cluster.WhenEndedAsync("r1");
        var gone = cluster.WhenDeactivatedAsync(queue);
        await cluster.DeactivateAsync(queue);
        await gone;

        await cluster.SubmitAsync("r2", """{"id":"b","role":"s","concurrency":{"limit":1,"key":"db"}}""");

        Assert.Equal("r2", (await cluster.AdvanceUntilAsync(worker.NextOfferAsync(), TimeSpan.FromSeconds(1), worker)).Token.TaskId.RunId.Value);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Limit_ThatNobodyNeedsAnyMore_IsForgotten()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 20, "r");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","concurrency":{"limit":1,"key":"db"}}""");
        await worker.CompleteAsync(await worker.NextOfferAsync());
        var limit = cluster.Grains.GetGrain<ILimitGrain>(LimitScopes.OfKey("db"));
        Assert.Single(cluster.Storage.Rows("limit"));

        // A second later the queue gives back what it does not use.
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        while (cluster.Storage.Rows("limit").Count > 0)
        {
            var gone = cluster.WhenDeactivatedAsync(limit);
            await cluster.DeactivateAsync(limit);
            await gone;
            await Task.Yield();
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Why_SaysThatAKeyIsFull_AndWhichLimitOfTheRoleIsReached()
    {
        await using var cluster = await StartAsync(options => options.Roles["s"] = 1);
        var worker = await cluster.StartWorkerAsync("w", 20, "r", "s");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r","tasks":2,"concurrency":{"limit":1,"key":"db"}},{"id":"b","role":"s","tasks":2}""");
        await worker.NextOffersAsync();
        await worker.NextOffersAsync();

        var reasons = (await cluster.Run("r1").WhyAsync(null, FlowCluster.Token)).Where(reason => reason.Code == "limit").ToList();

        Assert.Equal(["a", "b"], reasons.Select(reason => reason.Node));
        Assert.Contains("1 of key 'db'", reasons[0].Text, StringComparison.Ordinal);
        Assert.Contains("1 of role 's'", reasons[1].Text, StringComparison.Ordinal);
    }

    private static Task<FlowCluster> StartAsync(Action<LimitOptions> configure) =>
        FlowCluster.StartAsync(configure: (silo, _) => silo?.Services.Configure(configure));

    private static async Task SubmitAsync(FlowCluster cluster, string role, int count)
    {
        for (var index = 0; index < count; index++)
        {
            await cluster.Task($"{role}{index}").SubmitAsync(new TaskSubmission { Role = role }, FlowCluster.Token);
        }
    }

    /// <summary>Completes a task only when as many are in hand as the limit allows, and finds that there are never more.</summary>
    private static async Task RunAllAsync(FlowCluster cluster, TestWorker worker, int total, int limit, ILimitGrain? forgets = null)
    {
        var inHand = new Queue<LeaseGrant>();
        for (var done = 0; done < total; done++)
        {
            while (inHand.Count < Math.Min(limit, total - done))
            {
                foreach (var grant in await cluster.AdvanceUntilAsync(worker.NextOffersAsync(), TimeSpan.FromSeconds(1), worker))
                {
                    inHand.Enqueue(grant);
                }
            }

            Assert.Equal(Math.Min(limit, total - done), inHand.Count);
            if (forgets is not null && done % 3 == 0)
            {
                await cluster.DeactivateAsync(forgets);
            }

            await worker.CompleteAsync(inHand.Dequeue());
        }
    }
}
