using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: what a worker's leases become when its stream ends, or falls silent. Method: the test is the worker, over real gRPC.</summary>
public sealed class WorkerLossTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BrokenStream_GivesTheTaskToTheNextWorkerWithTheNextEpoch()
    {
        await using var silo = await StartAsync(TimeSpan.FromMilliseconds(50));
        var task = await SubmitAsync(silo);
        var first = await HandWorker.RegisterAsync(silo, "first");
        Assert.Equal(1, (await first.OfferAsync()).Lease.Epoch);

        await first.DisposeAsync();

        await using var second = await HandWorker.RegisterAsync(silo, "second");
        var offer = await second.OfferAsync();
        Assert.Equal((task.Value, 2, 2), (offer.Lease.TaskId, offer.Lease.Epoch, offer.Attempt));
    }

    [Fact]
    public async Task Reconnect_WithinTheGrace_KeepsTheLease()
    {
        await using var silo = await StartAsync(TimeSpan.FromMinutes(1));
        await SubmitAsync(silo);
        var first = await HandWorker.RegisterAsync(silo, "w1");
        var lease = (await first.OfferAsync()).Lease;
        await first.DisposeAsync();
        await UntilAsync(silo, "w1", WorkerLiveness.Disconnected);

        await using var again = await HandWorker.RegisterAsync(silo, "w1", lease);

        Assert.Empty(again.Registered.Lost);
        Assert.True((await again.CompleteAsync(lease)).Accepted);
    }

    [Fact]
    public async Task Effect_OfAnOldEpoch_IsRefused()
    {
        await using var silo = await StartAsync(TimeSpan.Zero);
        await SubmitAsync(silo);
        var first = await HandWorker.RegisterAsync(silo, "first");
        var old = (await first.OfferAsync()).Lease;
        await first.DisposeAsync();
        await using var second = await HandWorker.RegisterAsync(silo, "second");
        await second.OfferAsync();

        var receipt = await second.CompleteAsync(old);

        Assert.Equal((false, "lease_lost"), (receipt.Accepted, receipt.RefusedReason));
    }

    [Fact]
    public async Task SilentWorker_LosesItsLeaseAtTheLeaseDurationAndNotBefore()
    {
        var clock = new ManualTimeProvider();

        // Nobody is suspected, so that the one that is alive need not beat between two looks at it.
        await using var silo = await StartAsync(TimeSpan.FromMilliseconds(500), clock, softSilence: TimeSpan.FromSeconds(60));
        await SubmitAsync(silo);
        await using var silent = await HandWorker.RegisterAsync(silo, "silent");
        await silent.OfferAsync();
        await using var alive = await HandWorker.RegisterAsync(silo, "alive");

        clock.Advance(TimeSpan.FromSeconds(40));
        await alive.HeartbeatAsync();
        Assert.Equal([WorkerLiveness.Online, WorkerLiveness.Online], await LivenessAsync(silo, "silent", "alive"));

        clock.Advance(TimeSpan.FromSeconds(10));
        await alive.HeartbeatAsync();
        clock.Advance(TimeSpan.FromSeconds(9.9));
        await alive.HeartbeatAsync();

        // The lease ends 60 s after the registration, by itself; the silent worker's session a little later, when it is looked for.
        clock.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(2, (await alive.OfferAsync()).Lease.Epoch);
        clock.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(silo, "silent", WorkerLiveness.Offline);
        await alive.HeartbeatAsync();
    }

    [Fact]
    public async Task Heartbeats_KeepALeaseBeyondItsDuration()
    {
        var clock = new ManualTimeProvider();
        await using var silo = await StartAsync(TimeSpan.FromMilliseconds(500), clock);
        await SubmitAsync(silo);
        await using var worker = await HandWorker.RegisterAsync(silo, "w1");
        var lease = (await worker.OfferAsync()).Lease;

        for (var passed = 0; passed < 5; passed++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            await worker.HeartbeatAsync();
        }

        Assert.True((await worker.CompleteAsync(lease)).Accepted);
    }

    [Fact]
    public async Task SecondSession_UnderALiveWorkersId_IsRefused()
    {
        await using var silo = await StartAsync(TimeSpan.FromMinutes(1));
        await using var first = await HandWorker.RegisterAsync(silo, "same");

        var failure = await Assert.ThrowsAsync<RpcException>(() => HandWorker.RegisterAsync(silo, "same"));

        AssertReason(FlowErrorCode.WorkerIdInUse, failure);
        await first.HeartbeatAsync();
    }

    [Fact]
    public async Task ShowAndDrain_TellOfTheLeasesOfAWorker()
    {
        await using var silo = await StartAsync(TimeSpan.FromMinutes(1));
        var task = await SubmitAsync(silo);
        await using var worker = await HandWorker.RegisterAsync(silo, "w1");
        var offer = await worker.OfferAsync();

        var shown = await silo.Client.GetWorkerAsync(new WorkerId("w1"), CancellationToken);
        var lease = Assert.Single(shown.Leases);
        Assert.Equal((task, 1L, FlowTaskStatus.Leased, 1), (lease.TaskId, lease.Epoch, lease.Status, lease.Attempt));
        Assert.NotNull(lease.GrantedUtc);
        Assert.True(lease.ExpiresUtc > lease.GrantedUtc);
        Assert.Equal(1.0, shown.Saturation);
        var health = (await silo.Client.GetHealthAsync(CancellationToken)).Checks.Single(check => check.Name == "workers");
        Assert.StartsWith("1 online of 1 known; 1 tasks active in 1 slots (100 %); longest silence ", health.Detail, StringComparison.Ordinal);

        var drained = await silo.Client.DrainWorkerAsync(new WorkerId("w1"), "new version", CancellationToken);
        Assert.Equal(WorkerLiveness.Draining, drained.Liveness);
        Assert.Equal("new version", (await worker.NextAsync(message => message.Drain)).Reason);
        Assert.True((await worker.CompleteAsync(offer.Lease)).Accepted);
        var unknown = await Assert.ThrowsAsync<FlowException>(() => silo.Client.DrainWorkerAsync(new WorkerId("nobody"), "x", CancellationToken));
        Assert.Equal(FlowErrorCode.NotFound, unknown.Code);
    }

    [Fact]
    public async Task Session_BeyondTheLimit_IsRefused()
    {
        await using var silo = await RunningSilo.StartAsync(options =>
        {
            options.WorkerSlots = 0;
            options.ConfigureServices = services => services.Configure<GatewaySessionOptions>(sessions => sessions.SessionsMax = 1);
        });
        await using var first = await HandWorker.RegisterAsync(silo, "first");

        AssertReason(FlowErrorCode.LimitExceeded, await Assert.ThrowsAsync<RpcException>(() => HandWorker.RegisterAsync(silo, "second")));
    }

    [Fact]
    public async Task Goodbye_RevokesAtOnceAndTheWorkerIsOffline()
    {
        await using var silo = await StartAsync(TimeSpan.FromMinutes(1));
        await SubmitAsync(silo);
        await using var first = await HandWorker.RegisterAsync(silo, "first");
        await first.OfferAsync();

        await first.SayGoodbyeAsync();

        await using var second = await HandWorker.RegisterAsync(silo, "second");
        Assert.Equal(2, (await second.OfferAsync()).Lease.Epoch);
        await UntilAsync(silo, "first", WorkerLiveness.Offline);
    }

    [Fact]
    public async Task SiloRestart_LetsAWorkerTakeItsLeaseUpAgain()
    {
        using var folder = new TempFolder();
        Lease lease;
        await using (var before = await RunningSilo.StartAsync(options => (options.DataFolder, options.WorkerSlots) = (folder.Path, 0)))
        {
            await SubmitAsync(before);
            await using var worker = await HandWorker.RegisterAsync(before, "w1");
            lease = (await worker.OfferAsync()).Lease;
            await before.Host.StopAsync(CancellationToken);
        }

        await using var after = await RunningSilo.StartAsync(options => (options.DataFolder, options.WorkerSlots) = (folder.Path, 0));
        await using var again = await HandWorker.RegisterAsync(after, "w1", lease);

        Assert.Empty(again.Registered.Lost);
        Assert.True((await again.CompleteAsync(lease)).Accepted);
    }

    [Fact]
    public async Task FaultyRegister_EndsTheCallWithItsReason()
    {
        await using var silo = await StartAsync(TimeSpan.Zero);

        // "a/b" is no worker id.
        AssertReason(FlowErrorCode.BadInput, await Assert.ThrowsAsync<RpcException>(() => HandWorker.RegisterAsync(silo, "a/b")));
    }

    private static Task<RunningSilo> StartAsync(TimeSpan grace, TimeProvider? clock = null, TimeSpan? softSilence = null) => RunningSilo.StartAsync(options =>
    {
        options.WorkerSlots = 0;
        options.Clock = clock ?? TimeProvider.System;
        options.ConfigureLeases = leases => (leases.ReconnectGrace, leases.SoftSilence) = (grace, softSilence);
    });

    private static async Task<TaskId> SubmitAsync(RunningSilo silo) =>
        (await silo.Client.SubmitTasksAsync([(default, new TaskSubmission { Role = HandWorker.Role })], allowUnknownRoles: true, CancellationToken))[0];

    private static void AssertReason(FlowErrorCode expected, RpcException failure)
    {
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal(FlowErrorKind.Of(expected).Wire, info.Reason);
    }

    private static async Task<IEnumerable<WorkerLiveness>> LivenessAsync(RunningSilo silo, params string[] workers)
    {
        var listed = (await silo.Client.ListWorkersAsync(CancellationToken)).ToDictionary(worker => worker.WorkerId.Value, worker => worker.Liveness);
        return workers.Select(worker => listed[worker]);
    }

    private static async Task UntilAsync(RunningSilo silo, string worker, WorkerLiveness liveness)
    {
        while ((await LivenessAsync(silo, worker)).Single() != liveness)
        {
            // No event tells what the gateway has noticed of a closed socket; each look is a call through the whole gateway.
            await Task.Yield();
        }
    }
}
