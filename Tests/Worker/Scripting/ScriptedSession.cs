using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>The gateway's end of one stream, played by a test.</summary>
internal sealed class ScriptedSession(InProcessGatewaySession session, Register register) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<WorkerMessage> _messages = session.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();

    public Register Register { get; } = register;

    private static CancellationToken Watchdog => TestContext.Current.CancellationToken;

    /// <summary>Accepts the next stream of a worker and answers its registration.</summary>
    public static async Task<ScriptedSession> AcceptAsync(InProcessWorkerTransport transport, params Lease[] lost)
    {
        var session = await AcceptUnansweredAsync(transport);
        var registered = new Registered { SessionId = "s", HeartbeatIntervalMs = 5_000, LeaseDurationMs = 60_000, ArtifactRoot = "root", ClusterId = "c" };
        registered.Lost.Add(lost);
        await session.SendAsync(new SiloMessage { Registered = registered });
        return session;
    }

    public static async Task<ScriptedSession> AcceptUnansweredAsync(InProcessWorkerTransport transport)
    {
        await foreach (var session in transport.AcceptAllAsync(Watchdog))
        {
            await foreach (var message in session.ReadAllAsync(Watchdog))
            {
                Assert.Equal(WorkerMessage.KindOneofCase.Register, message.KindCase);
                return new ScriptedSession(session, message.Register);
            }
        }

        throw new InvalidOperationException("The transport was closed.");
    }

    public ValueTask SendAsync(SiloMessage message) => session.SendAsync(message, Watchdog);

    public ValueTask OfferAsync(params Offer[] offers)
    {
        var message = new Offers();
        message.Offers_.Add(offers);
        return SendAsync(new SiloMessage { Offers = message });
    }

    public ValueTask AcceptOutcomeAsync(Lease lease, string refused = "")
    {
        var message = new OutcomeReceipts();
        message.Receipts.Add(new OutcomeReceipt { Lease = lease, Accepted = refused.Length == 0, RefusedReason = refused });
        return SendAsync(new SiloMessage { OutcomeReceipts = message });
    }

    public ValueTask AcceptBatchAsync(Lease lease, int index, string refused = "")
    {
        var message = new BatchReceipts();
        message.Receipts.Add(new BatchReceipt { Lease = lease, Index = index, Accepted = refused.Length == 0, RefusedReason = refused });
        return SendAsync(new SiloMessage { BatchReceipts = message });
    }

    public ValueTask AcceptCheckpointAsync(Lease lease, string refused = "")
    {
        var message = new CheckpointReceipts();
        message.Receipts.Add(new CheckpointReceipt { Lease = lease, Accepted = refused.Length == 0, RefusedReason = refused });
        return SendAsync(new SiloMessage { CheckpointReceipts = message });
    }

    /// <summary>The next message, which must be one checkpoint.</summary>
    public async Task<CheckpointReport> NextCheckpointAsync()
    {
        var message = await NextAsync();
        Assert.Equal(WorkerMessage.KindOneofCase.Checkpoints, message?.KindCase);
        return Assert.Single(message!.Checkpoints.Reports);
    }

    public ValueTask RevokeAsync(Lease lease, string reason, long graceMs = 0) =>
        SendAsync(new SiloMessage { Revoked = new Revoked { Lease = lease, Reason = reason, GraceMs = graceMs } });

    /// <summary>The next message but heartbeats; null at the worker's good-bye.</summary>
    public async Task<WorkerMessage?> NextAsync()
    {
        while (await _messages.MoveNextAsync().AsTask().WaitAsync(Watchdog))
        {
            if (_messages.Current.KindCase != WorkerMessage.KindOneofCase.Heartbeat)
            {
                return _messages.Current;
            }
        }

        return null;
    }

    /// <summary>The next heartbeat; any other message before it fails the test.</summary>
    public async Task<Heartbeat> NextHeartbeatAsync()
    {
        Assert.True(await _messages.MoveNextAsync().AsTask().WaitAsync(Watchdog));
        Assert.Equal(WorkerMessage.KindOneofCase.Heartbeat, _messages.Current.KindCase);
        return _messages.Current.Heartbeat;
    }

    /// <summary>The next message, which must be one outcome. A new session may say it twice: what the last one left open, and what came meanwhile.</summary>
    public async Task<Outcome> NextOutcomeAsync()
    {
        var message = await NextAsync();
        Assert.Equal(WorkerMessage.KindOneofCase.Outcomes, message?.KindCase);
        return Assert.Single(message!.Outcomes.Outcomes_.Distinct());
    }

    /// <summary>The next reports, over as many messages as it takes.</summary>
    public async Task<List<BatchReport>> NextReportsAsync(int count)
    {
        List<BatchReport> reports = [];
        while (reports.Count < count)
        {
            var message = await NextAsync();
            Assert.Equal(WorkerMessage.KindOneofCase.Batches, message?.KindCase);
            reports.AddRange(message!.Batches.Reports);
        }

        return reports;
    }

    /// <summary>Ends once the worker has handled everything that was sent before.</summary>
    public async Task RoundTripAsync()
    {
        var lease = new Lease { TaskId = $"round-trip-{Guid.NewGuid():N}", Epoch = 1 };
        await OfferAsync(new Offer { Lease = lease, Role = "nobody-serves-this", Attempt = 1 });
        var outcome = await NextOutcomeAsync();
        Assert.Equal(lease, outcome.Lease);
        await AcceptOutcomeAsync(lease);
    }

    /// <summary>Loses the stream.</summary>
    public void Lose() => session.Complete(new FlowException(FlowErrorCode.WorkerLost, "The test broke the stream off."));

    public void Refuse(FlowErrorCode code) => session.Complete(new FlowException(code, "The test refuses."));

    /// <summary>Ends the stream after the worker's good-bye.</summary>
    public void End() => session.Complete();

    public ValueTask DisposeAsync()
    {
        session.Complete();
        return ValueTask.CompletedTask;
    }
}
