using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Sessions;

/// <summary>Goal: the gateway's half of a session keeps its protocol whatever the worker does. Method: both neighbours are the test's.</summary>
public sealed class GatewaySessionTests
{
    private static readonly Lease Lease = new() { TaskId = "run-1/scan/0", Epoch = 3 };
    private static readonly LeaseToken Token = new(TaskId.Parse("run-1/scan/0"), 3);

    [Fact]
    public async Task Register_First_IsAnsweredWithWhatAWorkerNeeds()
    {
        await using var bench = new SessionBench();

        var registered = await bench.Connection.RegisterAsync(slots: 7);

        Assert.Equal("session-1", registered.SessionId);
        Assert.Equal("cluster-1", registered.ClusterId);
        Assert.Equal("artifacts", registered.ArtifactRoot);
        Assert.Equal(["key"], registered.VerificationKeys);
        Assert.Equal((5_000, 60_000), (registered.HeartbeatIntervalMs, registered.LeaseDurationMs));
        Assert.Equal(("session-1", 7), (bench.WorkerGrain.Registration!.SessionId, bench.WorkerGrain.Registration.Slots));
    }

    [Fact]
    public async Task AnythingElse_First_EndsTheSessionWithBadInput()
    {
        await using var bench = new SessionBench();

        bench.Connection.Worker(new WorkerMessage { Heartbeat = new Heartbeat() });

        var failure = await Assert.ThrowsAsync<FlowException>(() => bench.Running);
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Null(bench.WorkerGrain.Registration);
        Assert.False(bench.WorkerGrain.Disconnected.IsCompleted);
    }

    [Fact]
    public async Task EndOfStream_BeforeRegistering_IsBadInput()
    {
        await using var bench = new SessionBench();

        bench.Connection.SayGoodbye();

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => bench.Running)).Code);
    }

    [Fact]
    public async Task Silence_BeforeRegistering_EndsAtTheTimeout()
    {
        await using var bench = new SessionBench(options => options.RegisterTimeout = TimeSpan.FromSeconds(10));

        bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(bench.Running.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(FlowErrorCode.DeadlineExceeded, (await Assert.ThrowsAsync<FlowException>(() => bench.Running)).Code);
    }

    [Fact]
    public async Task Register_RefusedByTheGrain_EndsWithItsReason()
    {
        await using var bench = new SessionBench();
        bench.WorkerGrain.RegisterFailure = new FlowException(FlowErrorCode.WorkerIdInUse, "taken");

        bench.Connection.Worker(new WorkerMessage { Register = new Register { WorkerId = "w1", Slots = 1, Roles = { "scan" } } });

        Assert.Equal(FlowErrorCode.WorkerIdInUse, (await Assert.ThrowsAsync<FlowException>(() => bench.Running)).Code);
        Assert.False(bench.WorkerGrain.Disconnected.IsCompleted);
    }

    [Fact]
    public async Task Register_Twice_EndsTheSession()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.Worker(new WorkerMessage { Register = new Register { WorkerId = "w1", Slots = 1, Roles = { "scan" } } });

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => bench.Running)).Code);
        Assert.False(await bench.WorkerGrain.Disconnected);
    }

    [Fact]
    public async Task Commands_OfTheGrain_ReachTheWorker()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.WorkerGrain.Commands.Writer.TryWrite(new WorkerCommand
        {
            Offers =
            [
                new LeaseGrant
                {
                    Token = Token,
                    Role = "scan",
                    Attempt = 2,
                    TaskCount = 8,
                    ParamsJson = "{}",
                    Files = new Dictionary<string, string> { ["flights"] = "/data/f" },
                    AcceptedBatches = 5,
                    Parents = ["a", "b"],
                    Timeout = TimeSpan.FromSeconds(2),
                },
            ],
        });
        bench.WorkerGrain.Commands.Writer.TryWrite(new WorkerCommand { Stopped = Token, Reason = "cancelled", Grace = TimeSpan.FromSeconds(10) });
        bench.WorkerGrain.Commands.Writer.TryWrite(new WorkerCommand { Drain = true });

        var offer = Assert.Single((await bench.Connection.NextAsync()).Offers.Offers_);
        Assert.Equal(Lease, offer.Lease);
        Assert.Equal(("scan", 2, 8, "{}", 5, 2_000), (offer.Role, offer.Attempt, offer.TaskCount, offer.ParamsJson, offer.AcceptedBatches, offer.TimeoutMs));
        Assert.Equal(["a", "b"], offer.Parents);
        Assert.Equal("/data/f", offer.Files["flights"]);
        var revoked = (await bench.Connection.NextAsync()).Revoked;
        Assert.Equal((Lease, "cancelled", 10_000), (revoked.Lease, revoked.Reason, revoked.GraceMs));
        Assert.NotNull((await bench.Connection.NextAsync()).Drain);
    }

    [Fact]
    public async Task Heartbeat_WithALostLease_RevokesItAndIsAnswered()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();
        bench.WorkerGrain.LostAtHeartbeat = [Token];

        bench.Connection.Worker(new WorkerMessage
        {
            Heartbeat = new Heartbeat { Sequence = 9, Progress = { new Progress { Lease = Lease, Fraction = 1.5 } } },
        });

        Assert.Equal("lease_lost", (await bench.Connection.NextAsync()).Revoked.Reason);
        Assert.Equal(9, (await bench.Connection.NextAsync()).HeartbeatReceipt.Sequence);
        Assert.Equal(new LeaseProgress(Token, 1), Assert.Single(bench.WorkerGrain.Progress));
    }

    [Fact]
    public async Task Draining_IsToldToTheGrain()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.Worker(new WorkerMessage { Draining = new Draining() });
        bench.Connection.SayGoodbye();
        await bench.Running;

        Assert.True(bench.WorkerGrain.Drained);
        Assert.True(await bench.WorkerGrain.Disconnected);
    }

    [Fact]
    public async Task BrokenStream_IsNoGoodbye()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.Break();

        await Assert.ThrowsAsync<IOException>(() => bench.Running);
        Assert.False(await bench.WorkerGrain.Disconnected);
    }

    [Fact]
    public async Task SiloStopping_TellsTheGrainNothing()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.Connection.StopSilo();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.Running);
        Assert.False(bench.WorkerGrain.Disconnected.IsCompleted);
    }

    [Fact]
    public async Task GrainEndingItsCommands_EndsTheSession()
    {
        await using var bench = new SessionBench();
        await bench.Connection.RegisterAsync();

        bench.WorkerGrain.Commands.Writer.Complete();

        await bench.Running;
    }
}
