using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>
/// The gateway's half of one worker's session: a translator between the worker's stream and its grains that decides nothing itself.
/// </summary>
/// <remarks>
/// (1) The first message registers the worker with its grain; a refusal ends the call with its status. (2) Loops run until one ends: reading,
/// the grain's commands, heartbeats, receipts, sending. (3) A worker that completes its stream has said good-bye: what it reported before is
/// recorded and answered, then the grain hears of a clean end. (4) Anything else is a lost stream: the grain starts the reconnect grace.
/// (5) When the silo stops the grain hears nothing: leases are stored, the worker comes back and takes them up again.
/// Each loop waits where its queue is full, so a slow store slows the worker down and a slow worker slows nobody else.
/// </remarks>
internal sealed partial class GatewaySession(
    IGrainFactory grains, ISessionConnection connection, SessionWelcome welcome, GatewaySessionOptions options, TimeProvider clock, ILogger logger)
{
    // One is sent every few seconds; more than a few waiting means that the grain is slow, and only the newest counts.
    private const int HeartbeatsMax = 4;

    // After this the silo no longer waits for a grain to hear of a lost stream; lease expiry says it too.
    private static readonly TimeSpan DisconnectWait = TimeSpan.FromSeconds(5);

    private readonly Channel<Wire.Heartbeat> _heartbeats = Channel.CreateBounded<Wire.Heartbeat>(
        new BoundedChannelOptions(HeartbeatsMax) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Serves the session to its end.</summary>
    /// <exception cref="FlowException">The worker was refused or broke the protocol.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, connection.SiloStopping);
        await using var messages = connection.ReadAllAsync(ended.Token).GetAsyncEnumerator(ended.Token);

        // 1.
        var register = await ReadRegisterAsync(messages, ended);
        var (id, registration) = register.ToRegistration(welcome.SessionId);
        var jobHost = register.ToJobHost(welcome.SessionId);
        var worker = grains.GetGrain<IWorkerGrain>(id.Value);
        var receipt = await worker.RegisterAsync(registration, ended.Token);
        LogRegistered(id.Value, registration.SessionId, connection.Peer, registration.Slots, registration.Held.Count, receipt.Lost.Count);

        var outbox = new SessionOutbox(connection, options.OutgoingMessagesMax);
        var effects = new SessionEffects(grains, id, worker, registration.SessionId, outbox, options.EffectsInFlightMax, logger);
        var checkpoints = new SessionCheckpoints(grains, outbox, options.EffectsInFlightMax, logger);
        var inputs = new SessionInputs(grains, outbox, options.ReadersMax, clock, logger);
        var jobs = new SessionJobs(grains, id.Value, jobHost, outbox, clock, logger);
        var clean = false;
        var loops = Task.CompletedTask;
        try
        {
            await outbox.SendAsync(welcome.ToMessage(receipt), ended.Token);

            // 2.
            var reading = ReadAsync(worker, registration.SessionId, messages, effects, checkpoints, inputs, jobs, ended.Token);
            var sending = outbox.RunAsync(ended.Token);
            var receipts = effects.RunAsync(ended.Token);
            var commands = PumpCommandsAsync(worker, registration.SessionId, outbox, ended.Token);
            var heartbeats = PumpHeartbeatsAsync(worker, registration.SessionId, outbox, ended.Token);
            var jobOrders = jobs.PumpOrdersAsync(ended.Token);
            var jobReports = jobs.PumpReportsAsync(ended.Token);
            loops = Task.WhenAll(reading, sending, receipts, commands, heartbeats, jobOrders, jobReports);
            var first = await Task.WhenAny(reading, sending, receipts, commands, heartbeats, jobOrders, jobReports);
            await first;
            if (first == reading)
            {
                // 3.
                jobs.FinishReports();
                var finished = Task.WhenAll(effects.FinishAsync(ended.Token), receipts, jobReports);
                await await Task.WhenAny(finished, sending, heartbeats);
                clean = true;
            }

            outbox.Complete();
            await sending;
        }
        catch (Exception exception) when (connection.SiloStopping.IsCancellationRequested)
        {
            // 5.
            LogStopped(exception, id.Value, registration.SessionId);
            throw new OperationCanceledException("The silo is stopping.", exception, connection.SiloStopping);
        }
        catch (Exception exception)
        {
            // 4.
            clean = false;
            if (exception is FlowException or IOException or OperationCanceledException)
            {
                LogLost(id.Value, registration.SessionId, exception.Message);
            }
            else
            {
                LogFailed(exception, id.Value, registration.SessionId);
            }

            throw;
        }
        finally
        {
            await ended.CancelOnSchedulerAsync();
            if (!connection.SiloStopping.IsCancellationRequested)
            {
                // Before the loops have ended: they may wait for a slow grain, and the grace should begin now.
                await DisconnectAsync(worker, id, registration.SessionId, jobs, clean);
            }

            await Task.WhenAll(loops, inputs.FinishAsync(), effects.SettleAsync(), checkpoints.SettleAsync())
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task<Wire.Register> ReadRegisterAsync(IAsyncEnumerator<Wire.WorkerMessage> messages, CancellationTokenSource ended)
    {
        using var late = new CancellationTokenSource(options.RegisterTimeout, clock);
        using var _ = late.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), ended);
        try
        {
            if (!await messages.MoveNextAsync())
            {
                throw new FlowException(FlowErrorCode.BadInput, "The worker ended its stream without registering.");
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new FlowException(FlowErrorCode.DeadlineExceeded, $"The worker did not register within {options.RegisterTimeout}.");
        }

        return messages.Current.Register
            ?? throw new FlowException(FlowErrorCode.BadInput, $"The first message of a session must be register; {messages.Current.KindCase} came.");
    }

    private async Task ReadAsync(
        IWorkerGrain worker,
        string sessionId,
        IAsyncEnumerator<Wire.WorkerMessage> messages,
        SessionEffects effects,
        SessionCheckpoints checkpoints,
        SessionInputs inputs,
        SessionJobs jobs,
        CancellationToken cancellationToken)
    {
        while (await messages.MoveNextAsync())
        {
            var message = messages.Current;
            switch (message.KindCase)
            {
                case Wire.WorkerMessage.KindOneofCase.Heartbeat:
                    _heartbeats.Writer.TryWrite(message.Heartbeat);
                    break;
                case Wire.WorkerMessage.KindOneofCase.Batches:
                    await effects.ReportAsync(message.Batches, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.Outcomes:
                    await effects.CompleteAsync(message.Outcomes, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.Checkpoints:
                    await checkpoints.SaveAsync(message.Checkpoints, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.ReadInputs:
                    await inputs.OpenAsync(message.ReadInputs, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.InputCredit:
                    inputs.Credit(message.InputCredit);
                    break;
                case Wire.WorkerMessage.KindOneofCase.Draining:
                    await worker.DrainAsync(sessionId, cancellationToken);
                    await jobs.DrainAsync(cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.JobReceipts:
                    await jobs.AnswerAsync(message.JobReceipts, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.JobReport:
                    await jobs.ReportAsync(message.JobReport, cancellationToken);
                    break;
                case Wire.WorkerMessage.KindOneofCase.Register:
                    throw new FlowException(FlowErrorCode.BadInput, "A session registers once; open a new stream to register again.");
                default:
                    // A newer worker's message: what this gateway does not know it cannot owe an answer to.
                    break;
            }
        }
    }

    private static async Task PumpCommandsAsync(IWorkerGrain worker, string sessionId, SessionOutbox outbox, CancellationToken cancellationToken)
    {
        await foreach (var command in worker.CommandsAsync(sessionId, cancellationToken).WithCancellation(cancellationToken))
        {
            await outbox.SendAsync(command.ToWire(), cancellationToken);
        }
    }

    private async Task PumpHeartbeatsAsync(IWorkerGrain worker, string sessionId, SessionOutbox outbox, CancellationToken cancellationToken)
    {
        var lostReason = FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire;
        while (await _heartbeats.Reader.WaitToReadAsync(cancellationToken))
        {
            if (!_heartbeats.Reader.TryRead(out var heartbeat))
            {
                continue;
            }

            var lost = await worker.HeartbeatAsync(sessionId, [.. heartbeat.Progress.Select(SessionMapping.ToProgress)], cancellationToken);
            foreach (var token in lost)
            {
                await outbox.SendAsync(SessionMapping.Revoked(token, lostReason), cancellationToken);
            }

            await outbox.SendAsync(
                new Wire.SiloMessage { HeartbeatReceipt = new Wire.HeartbeatReceipt { Sequence = heartbeat.Sequence } }, cancellationToken);
        }
    }

    private async Task DisconnectAsync(IWorkerGrain worker, WorkerId id, string sessionId, SessionJobs jobs, bool clean)
    {
        using var bound = new CancellationTokenSource(DisconnectWait, clock);
        try
        {
            await Task.WhenAll(worker.DisconnectAsync(sessionId, clean, bound.Token), jobs.DetachAsync(clean, bound.Token));
            LogDisconnected(id.Value, sessionId, clean);
        }
        catch (Exception exception)
        {
            // The leases still end: by the lease duration instead of the grace.
            LogDisconnectFailed(exception, id.Value, sessionId);
        }
    }
}
