using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Worker.Sessions;

/// <summary>One stream of a session, from its registration to its end: three loops that receive, send and beat.</summary>
/// <remarks>The receiving loop never waits for the sending one, so two full channels cannot hold each other up.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle, and disposing it would race with a late abort.")]
internal sealed class SessionStream(
    IWorkerConnection connection, SessionOutbox outbox, AttemptDispatcher attempts, UpstreamReaders readers, LeaseFence fence,
    TimeProvider clock, TimeSpan registrationTimeout, Action<string> drainAsked, SessionJobs? jobs = null)
{
    private static readonly TimeSpan ReasonWait = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private long _sequence;
    private bool _mustBeat;
    private bool _mustComplete;
    private bool _isUnanswered;

    /// <summary>The gateway answered the registration.</summary>
    public bool IsRegistered { get; private set; }

    /// <summary>Lets everything that waits leave, says good-bye, and lets the gateway end the stream.</summary>
    public void Complete()
    {
        Volatile.Write(ref _mustComplete, true);
        outbox.Wake();
    }

    /// <summary>Breaks the stream off.</summary>
    public Task AbortAsync() => _ending.CancelOnSchedulerAsync();

    /// <summary>Serves the stream until it ends.</summary>
    /// <param name="registration">The first message.</param>
    /// <param name="registered">Called with the gateway's answer before anything else is handled.</param>
    /// <param name="cancellationToken">Breaks the stream off.</param>
    /// <exception cref="FlowException">The gateway refused, or the stream was lost.</exception>
    /// <exception cref="OperationCanceledException">The stream was broken off from this side.</exception>
    public async Task RunAsync(Register registration, Action<Registered, long> registered, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        var sentAt = clock.GetTimestamp();

        // No lease is counted yet, so the fence would never end a stream whose other side is gone without a word.
        await using var limit = clock.CreateTimer(
            static state => ((SessionStream)state!).EndUnanswered(), this, registrationTimeout, Timeout.InfiniteTimeSpan);
        FlowException? unsent = null;
        try
        {
            await connection.SendAsync(new WorkerMessage { Register = registration }, stop.Token);
        }
        catch (FlowException exception)
        {
            // A gateway that refuses at once ends the stream before it has read anything; reading gives its reason.
            unsent = exception;
        }

        Task sending = Task.CompletedTask;
        Task beating = Task.CompletedTask;
        Exception? failure = null;
        try
        {
            await foreach (var message in connection.ReadAllAsync(stop.Token))
            {
                if (IsRegistered)
                {
                    Handle(message);
                    continue;
                }

                if (message.KindCase != SiloMessage.KindOneofCase.Registered)
                {
                    throw new FlowException(FlowErrorCode.UnexpectedError, $"The gateway answered the registration with {message.KindCase}.");
                }

                IsRegistered = true;
                registered(message.Registered, sentAt);
                sending = EndWithAsync(SendAllAsync(stop.Token), stop.Token);
                beating = EndWithAsync(BeatAsync(TimeSpan.FromMilliseconds(Math.Max(1, message.Registered.HeartbeatIntervalMs)), stop.Token), stop.Token);
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await stop.CancelOnSchedulerAsync();
        await Task.WhenAll(sending, beating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (failure is null or OperationCanceledException && sending.IsFaulted)
        {
            // Receiving was only interrupted; the sending loop knows why.
            await sending;
        }

        if (failure is OperationCanceledException && Volatile.Read(ref _isUnanswered) && !cancellationToken.IsCancellationRequested)
        {
            throw new FlowException(
                FlowErrorCode.GatewayUnreachable, $"The gateway did not answer the registration within {registrationTimeout.TotalSeconds:0.#} s.");
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (!IsRegistered)
        {
            throw unsent
                ?? new FlowException(FlowErrorCode.GatewayUnreachable, "The gateway ended the session before it had answered the registration.");
        }
    }

    private void EndUnanswered()
    {
        if (!IsRegistered)
        {
            Volatile.Write(ref _isUnanswered, true);
            _ = AbortAsync();
        }
    }

    private void Handle(SiloMessage message)
    {
        switch (message.KindCase)
        {
            case SiloMessage.KindOneofCase.Offers:
                foreach (var offer in message.Offers.Offers_)
                {
                    attempts.Offer(offer);
                }

                break;
            case SiloMessage.KindOneofCase.BatchReceipts:
                attempts.OnReceipts(message.BatchReceipts);
                break;
            case SiloMessage.KindOneofCase.CheckpointReceipts:
                attempts.OnReceipts(message.CheckpointReceipts);
                break;
            case SiloMessage.KindOneofCase.OutcomeReceipts:
                attempts.OnReceipts(message.OutcomeReceipts);
                break;
            case SiloMessage.KindOneofCase.InputRefs:
                readers.OnReferences(message.InputRefs);
                break;
            case SiloMessage.KindOneofCase.Revoked:
                attempts.Revoke(message.Revoked.Lease, message.Revoked.Reason, message.Revoked.GraceMs);
                break;
            case SiloMessage.KindOneofCase.HeartbeatReceipt:
                fence.OnReceipt(message.HeartbeatReceipt.Sequence);
                break;
            case SiloMessage.KindOneofCase.JobOrders when jobs is not null:
                jobs.OnOrders(message.JobOrders);
                break;
            case SiloMessage.KindOneofCase.JobReportReceipt when jobs is not null:
                jobs.OnReceipt(message.JobReportReceipt);
                break;
            case SiloMessage.KindOneofCase.Drain:
                drainAsked(message.Drain.Reason);
                break;
            default:
                // A newer gateway may say things that this worker does not know; what it must know, it asked for by registering.
                break;
        }
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Volatile.Read(ref _mustBeat))
            {
                Volatile.Write(ref _mustBeat, false);
                var heartbeat = new Heartbeat { Sequence = ++_sequence };
                attempts.TakeProgress(heartbeat.Progress);
                fence.OnSending(heartbeat.Sequence);
                await connection.SendAsync(new WorkerMessage { Heartbeat = heartbeat }, cancellationToken);
            }
            else if (outbox.TryTake() is { } message)
            {
                await connection.SendAsync(message, cancellationToken);
                attempts.CompactGrownOutbox();
            }
            else if (Volatile.Read(ref _mustComplete))
            {
                await connection.CompleteAsync();
                return;
            }
            else
            {
                await outbox.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task BeatAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            attempts.ResendPassing();
            attempts.CompactOutbox();
            Volatile.Write(ref _mustBeat, true);
            outbox.Wake();
        }
    }

    /// <summary>
    /// A loop that fails takes the stream with it. Not at once: where the gateway ended the stream, reading comes to the reason by itself.
    /// </summary>
    private async Task EndWithAsync(Task loop, CancellationToken cancellationToken)
    {
        try
        {
            await loop;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await Task.Delay(ReasonWait, clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await _ending.CancelOnSchedulerAsync();
            throw;
        }
        catch (OperationCanceledException)
        {
            // The stream is ending already.
        }
    }
}
