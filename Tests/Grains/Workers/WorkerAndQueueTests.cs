using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

public sealed class WorkerAndQueueTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Register_IdOfALiveSession_IsRefused()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.StartWorkerAsync("w1", 1, "r");
        var registration = new WorkerRegistration { SessionId = "another", Roles = ["r"], Slots = 1 };

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.Grains.GetGrain<IWorkerGrain>("w1").RegisterAsync(registration, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.WorkerIdInUse, failure.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Assign_NeverGivesMoreThanTheFreeSlots()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 2, "a", "b");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"a","tasks":5},{"id":"b","role":"b","tasks":5}""");
        var held = new Queue<LeaseGrant>();
        for (var done = 0; done < 10; done++)
        {
            while (held.Count == 0)
            {
                foreach (var grant in await worker.NextOffersAsync())
                {
                    held.Enqueue(grant);
                }
            }

            var view = await cluster.Grains.GetGrain<IWorkerGrain>("w1").GetAsync(FlowCluster.Token);
            Assert.InRange(view!.Leases.Count, 1, 2);
            Assert.True((await worker.CompleteAsync(held.Dequeue())).Accepted);
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Queue_OffersByPriorityThenAge()
    {
        await using var cluster = await FlowCluster.StartAsync();
        foreach (var (id, priority) in ((string, int)[])[("t1", 0), ("t2", 5), ("t3", 0), ("t4", 5)])
        {
            await cluster.Task(id).SubmitAsync(new TaskSubmission { Role = "r", Priority = priority }, FlowCluster.Token);
            cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        var order = new List<string>();
        while (order.Count < 4)
        {
            var grant = await worker.NextOfferAsync();
            order.Add(grant.Token.TaskId.Value);
            await worker.CompleteAsync(grant);
        }

        Assert.Equal(["t2", "t4", "t1", "t3"], order);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Register_LeaseThatTheWorkerNoLongerLists_IsRevokedAtOnce()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        var first = await worker.NextOfferAsync();
        await worker.DisconnectAsync();
        var unknown = new LeaseToken(TaskId.Parse("t9"), 3);

        Assert.Equal([unknown], (await worker.RegisterAsync(unknown)).Lost);
        var second = await worker.NextOfferAsync();
        Assert.Equal(first.Token.Epoch + 1, second.Token.Epoch);
    }

    [Fact(Timeout = Watchdog)]
    public async Task CleanGoodbye_EndsTheLeasesWithoutAGrace()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var leaving = await cluster.StartWorkerAsync("w1", 1, "r");
        await cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        await leaving.NextOfferAsync();
        var other = await cluster.StartWorkerAsync("w2", 1, "r");
        await leaving.DisconnectAsync(clean: true);

        Assert.Equal(2, (await other.NextOfferAsync()).Token.Epoch);
    }

    [Fact(Timeout = Watchdog)]
    public async Task QueueThatForgotItsWorkers_LearnsOfThemWithTheNextHeartbeat()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 1, "r");
        cluster.Storage.BeforeWrite = name => name.StartsWith("segment", StringComparison.Ordinal) ? throw new IOException("disk") : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token));
        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        await cluster.WhenDeactivatedAsync(cluster.Grains.GetGrain<IRoleQueueGrain>("r/0"));
        await cluster.Task("t1").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);

        await worker.HeartbeatAsync();
        Assert.True((await worker.CompleteAsync(await worker.NextOfferAsync())).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Queue_OfManyEntries_LosesNoneInACrash()
    {
        const int Count = 1_500;
        await using var cluster = await FlowCluster.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(
            index => cluster.Task($"t{index}").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token)));
        await cluster.CrashAsync();
        var worker = await cluster.StartWorkerAsync("w1", 100, "r");
        var seen = new HashSet<TaskId>();
        while (seen.Count < Count)
        {
            var grants = await worker.NextOffersAsync();
            await Task.WhenAll(grants.Select(grant => worker.CompleteAsync(grant)));
            Assert.All(grants, grant => Assert.True(seen.Add(grant.Token.TaskId)));
        }

        var status = await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token);
        Assert.True(status.Known);
        Assert.Equal(0, status.ReadyCount);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_IsListedWithItsLiveness()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w1", 3, "r");
        var grain = cluster.Grains.GetGrain<IWorkerGrain>("w1");
        Assert.Equal(WorkerLiveness.Online, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
        await worker.DisconnectAsync();
        Assert.Equal(WorkerLiveness.Disconnected, (await grain.GetAsync(FlowCluster.Token))!.Liveness);
        await cluster.CrashAsync();

        Assert.Equal((WorkerLiveness.Offline, 3), ((await grain.GetAsync(FlowCluster.Token))!.Liveness, (await grain.GetAsync(FlowCluster.Token))!.Registration.Slots));
        Assert.Equal([worker.Id], await cluster.Grains.GetGrain<IWorkerCatalogGrain>(IWorkerCatalogGrain.Key).ListAsync(FlowCluster.Token));
        Assert.Null(await cluster.Grains.GetGrain<IWorkerGrain>("w2").GetAsync(FlowCluster.Token));
    }
}
