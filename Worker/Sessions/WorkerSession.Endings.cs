using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Attempts;

namespace OrleansFlow.Worker.Sessions;

/// <summary>How streams and the session end.</summary>
public sealed partial class WorkerSession
{
    /// <summary>Ends <see cref="Registered"/> when what the session needs never came about. Does nothing once it has ended.</summary>
    internal void FailRegistration(Exception exception)
    {
        _registered.TrySetException(exception);

        // Nobody has to wait for the registration.
        _ = _registered.Task.Exception;
    }

    /// <summary>Says what a lost stream means. Throws when the session cannot go on.</summary>
    private void OnStreamLost(Exception? exception)
    {
        var now = _clock.GetTimestamp();
        if (_downSince == long.MaxValue)
        {
            _downSince = now;
        }

        var down = _clock.GetElapsedTime(_downSince, now);
        var failure = exception as FlowException;
        if (failure is not null && EndsSession(failure, down))
        {
            throw new FlowException(failure.Code, $"Worker '{_options.WorkerId}' cannot serve at {_transport.Address}: {failure.Message}", failure);
        }

        if (_options.ConnectTimeout is { } limit && down >= limit)
        {
            throw new FlowException(
                FlowErrorCode.GatewayUnreachable,
                $"Worker '{_options.WorkerId}' could not reach {_transport.Address} for {down.TotalSeconds:0.#} s: "
                + $"{exception?.Message ?? "the gateway ended the session"}. Start a silo, or name its address (OrleansFlow:Worker:Gateway, FLOW_GATEWAY).",
                exception);
        }

        if (!_hasWarned || _clock.GetElapsedTime(_warnedAt, now) >= WarningInterval)
        {
            _hasWarned = true;
            _warnedAt = now;
            LogLost(_transport.Address, down.TotalSeconds, exception?.Message ?? "the gateway ended the session");
        }
        else
        {
            LogStillLost(_transport.Address, exception);
        }
    }

    /// <summary>Whether a refusal will stay the same however often the worker asks.</summary>
    private bool EndsSession(FlowException failure, TimeSpan down) => failure.Code switch
    {
        // The gateway may not have noticed yet that this worker's own last stream is gone; its leases would be over by then.
        FlowErrorCode.WorkerIdInUse => !_registered.Task.IsCompletedSuccessfully || down >= _leaseDuration,
        FlowErrorCode.Unauthenticated or FlowErrorCode.Unsupported or FlowErrorCode.BadInput or FlowErrorCode.BadOption => true,
        _ => false,
    };

    /// <summary>No heartbeat was answered for the lease duration.</summary>
    private void OnLeasesExpired()
    {
        if (_attempts.Count > 0)
        {
            LogFenced(_leaseDuration.TotalSeconds, _attempts.Count);
        }

        _attempts.StopAll(FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire, fences: true);

        // A stream that answers nothing for so long is no stream; a new one tells both sides where they stand.
        if (_stream is { } stream)
        {
            _ = stream.AbortAsync();
        }
    }

    private void OnDrainAsked(string reason)
    {
        LogDrainAsked(_options.WorkerId, reason);
        _ = _drainAsked.CancelOnSchedulerAsync();
    }

    /// <summary>Waits for the order to leave, then sees to it. Never throws.</summary>
    private async Task DrainWhenAskedAsync(CancellationTokenSource leave, CancellationToken stopping, CancellationToken lifetime)
    {
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(stopping, _drainAsked.Token);
        await WhenAsync(asked.Token, lifetime);
        if (lifetime.IsCancellationRequested)
        {
            return;
        }

        _attempts.BeginDrain();
        _jobs?.BeginDrain();
        _outbox.AddControl(new WorkerMessage { Draining = new Draining() });

        // A drain by the gateway waits as long as the work takes; a stop of the process only for its grace.
        await Task.WhenAny(WhenIdleAsync(), WhenAsync(stopping, lifetime));
        if (stopping.IsCancellationRequested)
        {
            LogStopping(_options.WorkerId, _attempts.Count, _options.ShutdownGrace.TotalSeconds);
            var moving = IsWithinAsync(_jobs?.WhenIdleAsync() ?? Task.CompletedTask, _options.JobDrainGrace, lifetime);
            if (!await IsWithinAsync(_attempts.WhenIdleAsync(), _options.ShutdownGrace, lifetime))
            {
                _attempts.StopAll(StopReasons.Shutdown, fences: false);

                // The stop grace ends what does not return; a little more lets the last outcomes be answered.
                await IsWithinAsync(_attempts.WhenIdleAsync(), _options.StopGrace + TimeSpan.FromSeconds(1), lifetime);
            }

            if (!await moving)
            {
                LogJobsLeft(_options.WorkerId, _jobs!.Count, _options.JobDrainGrace.TotalSeconds);
            }
        }

        _isLeaving = true;
        if (_stream is { IsRegistered: true } stream && !lifetime.IsCancellationRequested)
        {
            stream.Complete();
            var ended = WhenAsync(lifetime, CancellationToken.None);
            await Task.WhenAny(ended, Task.Delay(GoodbyeTimeout, _clock, lifetime).OnSchedulerAsync());
        }

        await leave.CancelOnSchedulerAsync();
    }

    private bool IsIdle => _attempts.Count == 0 && _jobs is not { Count: > 0 };

    private Task WhenIdleAsync() => _jobs is null ? _attempts.WhenIdleAsync() : Task.WhenAll(_attempts.WhenIdleAsync(), _jobs.WhenIdleAsync());

    /// <summary>A worker that can say nothing of its jobs any more ends as a whole.</summary>
    private void OnJobsFailed(Exception exception)
    {
        _fault = exception;
        _ = _leave!.CancelOnSchedulerAsync();
    }

    private async Task<bool> IsWithinAsync(Task idle, TimeSpan limit, CancellationToken lifetime)
    {
        try
        {
            await idle.WaitAsync(limit, _clock, lifetime);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends when either token fires.</summary>
    private static async Task WhenAsync(CancellationToken first, CancellationToken second)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onFirst = first.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), fired);
        await using var onSecond = second.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), fired);
        await fired.Task;
    }

    /// <summary>Which leases do not hold any more: those that the gateway names, and all of them in another cluster than the one that gave them.</summary>
    private IEnumerable<Lease> LostOf(Registered registered)
    {
        IEnumerable<Lease> lost = registered.Lost;
        if (_clusterId is { } former && former != registered.ClusterId)
        {
            LogOtherCluster(_options.WorkerId, registered.ClusterId, former, _attempts.Count);
            _attempts.ForgetUnfinished();
            lost = _attempts.Held();
        }

        if (_clusterId != registered.ClusterId)
        {
            _clusterId = registered.ClusterId;
            _outbox.Journal?.Bind(registered.ClusterId);
        }

        return lost;
    }

    private EffectJournal? OpenOutbox()
    {
        if (_options.OutboxFolder is not { } folder)
        {
            return null;
        }

        var journal = EffectJournal.TryOpen(folder, _logger, out var left);
        var count = _attempts.Recover(left);
        if (count > 0)
        {
            LogRecovered(_options.WorkerId, count);
        }

        // Before the next process could need it: what was left is pending again.
        _outbox.Journal = journal;
        _clusterId = journal?.ClusterId;
        return journal;
    }
}
