using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Tasks;

/// <content>What a standalone task does by itself: commit, tell its queue and worker, end a back-off, ask for a lost holder.</content>
internal sealed partial class TaskGrain
{
    private const int PayloadCharsMax = 64 * 1024;

    private static readonly TimeSpan BackoffMax = TimeSpan.FromMinutes(1);

    private readonly List<(WorkerId Worker, LeaseToken Token, string Reason)> _stops = [];
    private Task _delivery = Task.CompletedTask;
    private bool _isDelivering;
    private bool _owesEntry;
    private bool _owesRemoval;
    private long _restoredEpoch;
    private IGrainTimer? _timer;

    private (LeaseDecision Decision, Task Committed) Take(LeaseCommand command)
    {
        _pump.ThrowIfFailed();
        var state = _pump.Tentative;
        var decision = Decide(state, command);
        if (decision.Events.Any(change => change.IsDurable))
        {
            return (decision, _pump.StageAsync(state with { Lease = LeaseDecider.Apply(state.Lease, decision.Events) }, decision.Events));
        }

        if (!decision.Events.IsEmpty)
        {
            _pump.Amend(one => one with { Lease = LeaseDecider.Apply(one.Lease, decision.Events) });
        }

        return (decision, _pump.FlushAsync());
    }

    private LeaseDecision Decide(TaskGrainState state, LeaseCommand command) => _rules is null
        ? LeaseDecider.Decide(state.Lease, command, Policy(state), _clock.GetUtcNow())
        : _rules.Decide(_id, state.Lease, command, Policy(state), _clock.GetUtcNow());

    private async Task<EffectReceipt> EffectAsync(LeaseCommand command)
    {
        var (decision, committed) = Take(command);
        await committed;
        if (!decision.IsAccepted)
        {
            LogEffectRefused(_id, command.GetType().Name, decision.Refused!);
        }

        return new EffectReceipt(decision.IsAccepted, decision.Refused);
    }

    private async Task WriteAsync(TaskGrainState state, IReadOnlyList<LeaseEvent> events)
    {
        _row.State = TaskRow.Of(state);
        await _row.WriteStateAsync();
    }

    private void OnCommitted(TaskGrainState state, IReadOnlyList<LeaseEvent> events)
    {
        foreach (var change in events)
        {
            _owesEntry |= change is TaskReadied or LeaseRevoked;
            if (TaskReports.ToStop(change) is { } stop)
            {
                _stops.Add((stop.Worker, new LeaseToken(_id, stop.Epoch), stop.Reason));
            }

            if (change is TaskCancelled && state.Lease.Holder is { } holder)
            {
                _stops.Add((holder.Worker, new LeaseToken(_id, state.Lease.Epoch), LeaseReasons.Cancelled));
            }
        }

        _owesEntry &= state.Lease.Status == FlowTaskStatus.Ready;
        _owesRemoval |= state.Lease.IsTerminal;
        _signal.Pulse();
        ArmBackOff(state.Lease);
        Deliver();
    }

    private void OnFailed(FlowException failure)
    {
        LogWriteFailed(failure, _id);
        _signal.Fail(failure);
        DeactivateOnIdle();
    }

    /// <summary>After activation from storage: takes up what the state asks for.</summary>
    private void Resume(TaskGrainState state)
    {
        switch (state.Lease.Status)
        {
            case FlowTaskStatus.BackingOff:
                ArmBackOff(state.Lease);
                break;
            case FlowTaskStatus.Leased:
                // Its holder may have gone with the silo: asked once when workers have had the time to come back.
                _restoredEpoch = state.Lease.Epoch;
                Arm(_leases.ServingGrace);
                break;
        }
    }

    private void ArmBackOff(TaskLease lease)
    {
        if (lease is { Status: FlowTaskStatus.BackingOff, ReadyUtc: { } readyUtc })
        {
            Arm(readyUtc - _clock.GetUtcNow());
        }
    }

    private void Arm(TimeSpan due)
    {
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            OnTimerAsync,
            new GrainTimerCreationOptions(due > TimeSpan.Zero ? due : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
    }

    private async Task OnTimerAsync(CancellationToken cancellationToken)
    {
        if (_pump.Failure is not null)
        {
            return;
        }

        if (_restoredEpoch > 0 && _restoredEpoch == _pump.Tentative.Lease.Epoch)
        {
            var wait = _serving.ServingSinceUtc is { } since ? since + _leases.ServingGrace - _clock.GetUtcNow() : _leases.ServingGrace;
            if (wait > TimeSpan.Zero)
            {
                Arm(wait);
                return;
            }

            // Not the timer's token: a back-off meanwhile sets the timer anew, and that cancels it.
            await AskHolderAsync(_stopped);
            return;
        }

        try
        {
            await Take(new PassTime()).Committed;
            ArmBackOff(_pump.Tentative.Lease);
        }
        catch (FlowException) when (_pump.Failure is not null)
        {
            // Logged when the write failed; the next activation reads the state again.
        }
    }

    private async Task AskHolderAsync(CancellationToken cancellationToken)
    {
        var lease = _pump.Tentative.Lease;
        if (lease is not { Status: FlowTaskStatus.Leased, Holder: { } holder })
        {
            return;
        }

        var token = new LeaseToken(_id, lease.Epoch);
        try
        {
            var worker = await GrainFactory.GetGrain<IWorkerGrain>(holder.Worker.Value).GetAsync(cancellationToken);

            // It may have been renewed or ended while the worker was asked; a lease that is not current is left alone.
            if (_restoredEpoch == token.Epoch && worker?.Leases.Contains(token) != true)
            {
                await Take(new RevokeLease(token.Epoch, LeaseReasons.ConnectionLost)).Committed;
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Expiry ends the lease if nothing else does.
            LogHolderNotAsked(exception, _id, holder.Worker);
        }

        _restoredEpoch = 0;
    }

    private void Deliver()
    {
        if (!_isDelivering && (_owesEntry || _owesRemoval || _stops.Count > 0))
        {
            _isDelivering = true;
            _delivery = DeliverAsync();
        }
    }

    /// <summary>At least once: what a crash interrupts, the queue's own entry makes good, which stays until the task is known to have ended.</summary>
    private async Task DeliverAsync()
    {
        await Task.Yield();
        var retry = new DeliveryRetry(_clock);
        try
        {
            while (_owesEntry || _owesRemoval || _stops.Count > 0)
            {
                var (entry, removal, stops) = (_owesEntry, _owesRemoval, _stops.ToArray());
                (_owesEntry, _owesRemoval) = (false, false);
                _stops.Clear();
                try
                {
                    await SendAsync(entry, removal, stops);
                    retry.Reset();
                }
                catch (Exception exception) when (!_stopped.IsCancellationRequested)
                {
                    LogDeliveryFailed(exception, _id);
                    (_owesEntry, _owesRemoval) = (_owesEntry || entry, _owesRemoval || removal);
                    _stops.AddRange(stops);
                    await retry.WaitAsync(_stopped);
                }
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the queue asks the next one.
        }
        finally
        {
            _isDelivering = false;
        }

        LeaveIfDone();
    }

    private async Task SendAsync(bool entry, bool removal, IReadOnlyList<(WorkerId Worker, LeaseToken Token, string Reason)> stops)
    {
        var (submission, lease) = (_pump.Committed.Submission!, _pump.Committed.Lease);
        if (removal)
        {
            await Queue(submission.Role).RemoveAsync([_id], _stopped);
        }
        else if (entry && lease.Status == FlowTaskStatus.Ready)
        {
            await Queue(submission.Role).EnqueueAsync([Entry(submission, lease)], _stopped);
        }

        foreach (var stop in stops)
        {
            await GrainFactory.GetGrain<IWorkerGrain>(stop.Worker.Value).StopAsync(stop.Token, stop.Reason, _stopped);
        }
    }

    private void LeaveIfDone()
    {
        var state = _pump.Committed;
        if (!_isDelivering && _watcherCount == 0 && (state.Submission is null || state.Lease.IsTerminal) && ReferenceEquals(state, _pump.Tentative))
        {
            DeactivateOnIdle();
        }
    }

    private IRoleQueueGrain Queue(string role) => GrainFactory.GetGrain<IRoleQueueGrain>(role + "/0");

    private QueueEntry Entry(TaskSubmission submission, TaskLease lease) => new(_id, submission.Priority, lease.ReadyUtc ?? _clock.GetUtcNow());

    private TaskView View() => TaskReports.ToView(_id, _pump.Committed.Submission!.Role, _pump.Committed.Lease);

    private LeasePolicy Policy(TaskGrainState state) => new()
    {
        Duration = _leases.Duration,
        EpochFloor = LeaseEpochs.FloorOf(_generation?.Generation ?? 1),
        MaxTakeovers = state.Submission is { } submission ? _leases.MaxTakeoversOf(submission.Role) : null,
        MaxRetries = state.Submission?.MaxRetries ?? 0,
        Backoff = state.Submission?.Backoff ?? TimeSpan.Zero,
        MaxBackoff = BackoffMax > state.Submission?.Backoff ? BackoffMax : state.Submission?.Backoff ?? BackoffMax,
        PermanentOn = ["bad_input", "schema_mismatch"],
    };

    private void Check(TaskSubmission submission)
    {
        if (_run is not null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{_id}' names a task of a run; a standalone task's id has no '/'.");
        }

        var problem = submission switch
        {
            { Role: var role } when !IdText.IsValid(role) => $"role '{role}' is not an id",
            { PayloadJson: { Length: > PayloadCharsMax } payload } => $"the payload has {payload.Length} characters; at most {PayloadCharsMax} are allowed",
            { MaxRetries: < 0 or > 100 } => $"max retries {submission.MaxRetries} is not from 0 to 100",
            { Priority: < -1000 or > 1000 } => $"priority {submission.Priority} is not from -1000 to 1000",
            _ when submission.Backoff < TimeSpan.Zero || submission.Backoff > TimeSpan.FromDays(1) => $"back-off {submission.Backoff} is not from 0 to 1 day",
            _ => null,
        };
        if (problem is not null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Task '{_id}': {problem}.");
        }
    }
}
