using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Grains.Workers;

public sealed class WorkerGrainTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Register_WhileAnotherSessionIsLive_IsRefusedUntilItsSilenceIsOver()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await cluster.StartWorkerAsync("w", 1, "r");
        var other = new TestWorker(cluster, "w", 1, ["r"]);

        // The second object names its first session as the first one did; another name makes it another session.
        var refused = await Assert.ThrowsAsync<FlowException>(() => cluster.Grains.GetGrain<IWorkerGrain>("w").RegisterAsync(
            new WorkerRegistration { SessionId = "other", Roles = ["r"], Slots = 1 }, FlowCluster.Token));
        Assert.Equal(FlowErrorCode.WorkerIdInUse, refused.Code);

        cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        await other.RegisterAsync();
        Assert.Equal(WorkerLiveness.Online, (await ViewAsync(cluster)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LostStream_BackWithinTheGrace_KeepsItsLeases()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await LeaseOneAsync(cluster, worker);
        await worker.DisconnectAsync();
        Assert.Equal(WorkerLiveness.Disconnected, (await ViewAsync(cluster)).Liveness);

        var receipt = await worker.RegisterAsync(grant.Token);

        Assert.Empty(receipt.Lost);
        Assert.True((await worker.CompleteAsync(grant)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LostStream_NotBackWithinTheGrace_LosesItsLeasesToTheNextEpoch()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var first = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await LeaseOneAsync(cluster, first);
        var second = await cluster.StartWorkerAsync("w2", 1, "r");
        await first.DisconnectAsync();

        var taken = await cluster.AdvanceUntilAsync(second.NextOfferAsync(), TimeSpan.FromMilliseconds(100));

        Assert.Equal((grant.Token.TaskId, 2L), (taken.Token.TaskId, taken.Token.Epoch));
        Assert.Equal("lease_lost", (await first.CompleteAsync(grant)).RefusedReason);
        Assert.True((await second.CompleteAsync(taken)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reconnect_WithoutALeaseThatItHeld_RevokesItAtOnce()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await LeaseOneAsync(cluster, worker);
        await worker.DisconnectAsync();

        await worker.RegisterAsync();

        var again = await worker.NextOfferAsync();
        Assert.Equal((grant.Token.TaskId, 2L), (again.Token.TaskId, again.Token.Epoch));
    }

    [Fact(Timeout = Watchdog)]
    public async Task CleanGoodbye_EndsTheSessionWithoutGrace()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var first = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await LeaseOneAsync(cluster, first);
        var second = await cluster.StartWorkerAsync("w2", 1, "r");

        await first.DisconnectAsync(clean: true);

        Assert.Equal(grant.Token.TaskId, (await second.NextOfferAsync()).Token.TaskId);
        Assert.Equal(WorkerLiveness.Offline, (await ViewAsync(cluster)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Slots_AreNeverOvercommittedByTwoRoles()
    {
        await using var cluster = await FlowCluster.StartAsync();
        for (var index = 0; index < 4; index++)
        {
            await cluster.Task($"a{index}").SubmitAsync(new TaskSubmission { Role = "a" }, FlowCluster.Token);
            await cluster.Task($"b{index}").SubmitAsync(new TaskSubmission { Role = "b" }, FlowCluster.Token);
        }

        var worker = await cluster.StartWorkerAsync("w", 2, "a", "b");
        var running = new List<LeaseGrant>();
        for (var done = 0; done < 8; done++)
        {
            while (running.Count == 0)
            {
                running.AddRange(await worker.NextOffersAsync());
            }

            Assert.InRange((await ViewAsync(cluster)).Leases.Count, 0, 2);
            Assert.True((await worker.CompleteAsync(running[0])).Accepted);
            running.RemoveAt(0);
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Draining_TakesNoMoreTasks()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var first = await cluster.StartWorkerAsync("w", 1, "r");
        await cluster.Grains.GetGrain<IWorkerGrain>("w").DrainAsync(first.SessionId, FlowCluster.Token);
        var second = await cluster.StartWorkerAsync("w2", 1, "r");

        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);

        Assert.Equal("t", (await second.NextOfferAsync()).Token.TaskId.Value);
        Assert.Equal(WorkerLiveness.Draining, (await ViewAsync(cluster)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_SilentForTheSoftThreshold_GetsNoTasksUntilItIsHeardOf()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var silent = await cluster.StartWorkerAsync("w", 1, "r");
        cluster.Clock.Advance(TimeSpan.FromSeconds(16));
        await WhenAsync(cluster, WorkerLiveness.Suspected);

        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        Assert.Equal(1, (await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token)).ReadyCount);
        Assert.Empty(silent.Offered);
        await silent.HeartbeatAsync();

        Assert.Equal("t", (await silent.NextOfferAsync()).Token.TaskId.Value);
        Assert.Equal(WorkerLiveness.Online, (await ViewAsync(cluster)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_SilentForTheHardThreshold_IsOfflineAndItsIdIsFree()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var first = await cluster.StartWorkerAsync("w", 1, "r");
        var grant = await LeaseOneAsync(cluster, first);
        var session = first.SessionId;
        cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        await WhenAsync(cluster, WorkerLiveness.Offline);
        var second = new TestWorker(cluster, "w", 1, ["r"]) { SessionPrefix = "second" };

        await second.RegisterAsync();

        var again = await second.NextOfferAsync();
        Assert.Equal((grant.Token.TaskId, 2L), (again.Token.TaskId, again.Token.Epoch));
        var fenced = await Assert.ThrowsAsync<FlowException>(
            () => cluster.Grains.GetGrain<IWorkerGrain>("w").HeartbeatAsync(session, [], FlowCluster.Token));
        Assert.Equal(FlowErrorCode.LeaseLost, fenced.Code);
        Assert.Equal("lease_lost", (await first.CompleteAsync(grant)).RefusedReason);
    }

    [Fact(Timeout = Watchdog)]
    public async Task AskDrain_TellsTheWorkerAndTakesItOutOfTheQueues()
    {
        await using var cluster = await FlowCluster.StartAsync();
        await Assert.ThrowsAsync<FlowException>(() => cluster.Grains.GetGrain<IWorkerGrain>("nobody").AskDrainAsync("x", FlowCluster.Token));
        var worker = await cluster.StartWorkerAsync("w", 1, "r");

        var view = await cluster.Grains.GetGrain<IWorkerGrain>("w").AskDrainAsync("new version", FlowCluster.Token);

        Assert.Equal(WorkerLiveness.Draining, view.Liveness);
        Assert.Equal("new version", await worker.NextDrainAsync());
        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        Assert.Equal(0, (await cluster.Grains.GetGrain<IRoleQueueGrain>("r/0").GetStatusAsync(FlowCluster.Token)).WorkerCount);
        await worker.DisconnectAsync(clean: true);
        Assert.Equal(WorkerLiveness.Offline, (await cluster.Grains.GetGrain<IWorkerGrain>("w").AskDrainAsync("again", FlowCluster.Token)).Liveness);
    }

    [Fact(Timeout = Watchdog)]
    public async Task NodeWithTheGraceOfTheLease_KeepsItOverALongLossOfTheStream()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 2, "r");
        await cluster.SubmitAsync("run", """{"id":"kept","role":"r","grace":"lease"},{"id":"usual","role":"r"}""");
        var grants = new List<LeaseGrant>();
        while (grants.Count < 2)
        {
            grants.AddRange(await worker.NextOffersAsync());
        }

        var revoked = cluster.WhenAsync("run", change => change.Reason == "connection_lost");
        await worker.DisconnectAsync();
        Assert.Equal("run/usual/0", (await cluster.AdvanceUntilAsync(revoked, TimeSpan.FromMilliseconds(100))).Task!.TaskId.Value);
        cluster.Clock.Advance(TimeSpan.FromSeconds(20));
        var kept = grants.Single(grant => grant.Token.TaskId.Node == "kept");

        var receipt = await worker.RegisterAsync(kept.Token);

        Assert.Empty(receipt.Lost);
        Assert.True((await worker.CompleteAsync(kept)).Accepted);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_ThatEndsItsWorkersAgainAndAgain_FailsItsNode()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        await cluster.SubmitAsync("run", """{"id":"n","role":"r","max_takeovers":1}""");
        await worker.NextOfferAsync();

        // A worker that comes back without the lease has been started again.
        await worker.DisconnectAsync();
        await worker.RegisterAsync();
        Assert.Equal(2, (await worker.NextOfferAsync()).Token.Epoch);
        await worker.DisconnectAsync();
        await worker.RegisterAsync();

        Assert.Equal("too_many_takeovers", (await cluster.WhenEndedAsync("run")).Failure!.Reason);
    }

    /// <summary>
    /// Ends when the worker is seen in a state. Time goes on a little meanwhile, by one period of the look for silence at most: a look that fell into the
    /// test's own step of time comes again after it.
    /// </summary>
    private static async Task<WorkerView> WhenAsync(FlowCluster cluster, WorkerLiveness liveness)
    {
        for (var steps = 0; ; steps++)
        {
            for (var spin = 0; spin < FlowCluster.ReactionSpins; spin++)
            {
                FlowCluster.Token.ThrowIfCancellationRequested();
                if (spin % 64 == 0 && await ViewAsync(cluster) is var view && view.Liveness == liveness)
                {
                    return view;
                }

                await Task.Yield();
            }

            if (steps < 12)
            {
                cluster.Clock.Advance(TimeSpan.FromMilliseconds(500));
            }
        }
    }

    private static async Task<LeaseGrant> LeaseOneAsync(FlowCluster cluster, TestWorker worker)
    {
        await cluster.Task("t").SubmitAsync(new TaskSubmission { Role = "r" }, FlowCluster.Token);
        return await worker.NextOfferAsync();
    }

    private static async Task<WorkerView> ViewAsync(FlowCluster cluster) =>
        (await cluster.Grains.GetGrain<IWorkerGrain>("w").GetAsync(FlowCluster.Token))!;
}
