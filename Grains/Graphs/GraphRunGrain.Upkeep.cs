using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <content>What a run does by itself: commit, deliver, watch the time, recover.</content>
internal sealed partial class GraphRunGrain
{
    private const string ReminderName = "run";

    /// <summary>The shortest that reminders allow.</summary>
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Leases that stood when the run was read from storage and were not renewed since, with their epoch.</summary>
    private readonly SortedDictionary<TaskSlot, long> _restored = [];

    private IGrainReminder? _reminder;
    private Task _delivery = Task.CompletedTask;
    private bool _isDelivering;
    private IGrainTimer? _timer;
    private DateTimeOffset? _armedUtc;
    private DateTimeOffset? _askUtc;

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (!_pump.Tentative.Exists || _settled)
        {
            await EndReminderAsync();
        }
    }

    /// <summary>Decides at once on the newest state; what was decided is durable when the task completes.</summary>
    private (GraphRunDecision Decision, Task Committed) Take(GraphRunCommand command)
    {
        _pump.ThrowIfFailed();
        ThrowIfDeleted();
        var decision = GraphRunDecider.Decide(_pump.Tentative, command, _leases.Duration, _clock.GetUtcNow(), _rules);
        if (decision.IsDurable)
        {
            var committed = _pump.StageAsync(decision.State, decision.Events);
            _hold?.Look();
            ArmFor(decision);
            return (decision, committed);
        }

        if (!decision.Events.IsEmpty)
        {
            _pump.Amend(state => state.Exists ? decision.Events.Aggregate(state, GraphRunDecider.Apply) : state);
        }

        return (decision, _pump.FlushAsync());
    }

    private Task WriteAsync(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        StageFacts(state, events);
        return _store.WriteAsync(state, _submission!, _settled, events);
    }

    private void OnCommitted(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        if (_submission is { DocumentJson.Length: > 0 } stored)
        {
            // The plan is all that is needed of it.
            _submission = stored with { DocumentJson = "" };
        }

        Log(state, events);
        _outbox.Add(state, events);
        _facts?.Release();
        _watchers.Publish(state, events);
        _signal.Pulse();
        Deliver();
    }

    private void OnFailed(FlowException failure)
    {
        LogWriteFailed(failure, _id);
        _signal.Fail(failure);
        _watchers.Fail(failure);
        DeactivateOnIdle();
    }

    /// <summary>After activation from storage: delivers again what the state asks for and looks after the leases that stand.</summary>
    private void Resume(GraphRunState state)
    {
        _outbox.Owe(state);
        foreach (var slot in state.Active)
        {
            if (state[slot].Status == FlowTaskStatus.Leased)
            {
                _restored.Add(slot, state[slot].Epoch);
            }
        }

        if (_restored.Count > 0)
        {
            _askUtc = AskTime();
        }

        Arm();
        Deliver();
        LogResumed(_id, state.Status, _restored.Count);
    }

    private void Deliver()
    {
        if (_isDelivering)
        {
            // What is new need not wait for what is slow elsewhere.
            _outbox.Send(_stopped);
        }
        else
        {
            _isDelivering = true;
            _delivery = DeliverAsync();
        }
    }

    private async Task DeliverAsync()
    {
        // Leaves the turn of the commit or the activation first.
        await Task.Yield();
        try
        {
            await _outbox.DeliverAsync(_stopped);
            if (_pump.Committed.IsTerminal && _facts is { } facts)
            {
                // Nobody waits for it any more, and what is settled is not looked at again.
                await facts.Publishing;
            }

            if (_pump.Committed.IsTerminal && _pump.Tentative.IsTerminal && !_settled)
            {
                _settled = true;
                await _pump.StageAsync(_pump.Tentative, []);
                await EndReminderAsync();
                if (!_settled)
                {
                    // Somebody made the run go on meanwhile.
                    _reminder = await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
                }
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the next one finds in the state what is owed.
        }
        catch (Exception exception)
        {
            // The reminder stays, and wakes the run to try again.
            LogDeliveryFailed(exception, _id);
        }
        finally
        {
            _isDelivering = false;
        }

        if (!_outbox.IsEmpty && !_stopped.IsCancellationRequested)
        {
            Deliver();
        }
    }

    private async Task BeginReminderAsync()
    {
        if (_reminder is null && !_settled)
        {
            _reminder = await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        }
    }

    private async Task EndReminderAsync()
    {
        if ((_reminder ?? await this.GetReminder(ReminderName)) is { } reminder)
        {
            _reminder = null;
            await this.UnregisterReminder(reminder);
        }
    }

    /// <summary>A decision can only bring forward what time changes next by the tasks that it touched.</summary>
    private void ArmFor(GraphRunDecision decision)
    {
        foreach (var change in decision.Events)
        {
            switch (change)
            {
                case RunTaskChanged { Change: LeaseGranted or TaskBackedOff, Slot: var slot }:
                    Arm(decision.State[slot].DueUtc(decision.State.Plan!.Nodes[slot.Node].Policy));
                    break;
                case NodeOpened opened:
                    Arm(decision.State.GateDueUtc(opened.Node));
                    break;
            }
        }

        Arm(EarlyStarts.LookUtc(decision.State));
        if (!decision.State.IsTerminal)
        {
            Arm(decision.State.DeadlineUtc);
        }
    }

    /// <summary>Sets the one timer to the earliest thing that time changes.</summary>
    private void Arm()
    {
        Arm(_askUtc);
        Arm(_pump.Tentative.NextDueUtc());
    }

    /// <summary>Makes the one timer fire no later than <paramref name="dueUtc"/>. A renewal is noticed when it fires, not before.</summary>
    private void Arm(DateTimeOffset? dueUtc)
    {
        if (dueUtc is not { } due || _armedUtc <= due)
        {
            return;
        }

        var wait = due - _clock.GetUtcNow();
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            OnTimerAsync,
            new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        _armedUtc = due;
    }

    private async Task OnTimerAsync(CancellationToken cancellationToken)
    {
        _armedUtc = null;
        try
        {
            if (_askUtc <= _clock.GetUtcNow())
            {
                _askUtc = AskTime();
                if (_askUtc <= _clock.GetUtcNow())
                {
                    _askUtc = null;

                    // Not the timer's token: a grant meanwhile may set the timer anew, and that cancels it.
                    await AskHoldersAsync(_stopped);
                }
            }

            await Take(new PassRunTime()).Committed;
            Arm();
        }
        catch (FlowException) when (_pump.Failure is not null)
        {
            // Logged when the write failed; the next activation reads the state again.
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the next one looks after the time.
        }
    }

    private DateTimeOffset AskTime() => (_serving.ServingSinceUtc ?? _clock.GetUtcNow()) + _leases.ServingGrace;

    /// <summary>Workers had the time to come back: a restored lease that no session holds is revoked.</summary>
    private async Task AskHoldersAsync(CancellationToken cancellationToken)
    {
        var holders = _restored
            .Where(lease => _pump.Tentative[lease.Key] is { Status: FlowTaskStatus.Leased } task && task.Epoch == lease.Value)
            .GroupBy(lease => _pump.Tentative[lease.Key].LastWorker)
            .ToList();
        await Task.WhenAll(holders.Select(holder => AskHolderAsync(holder.Key, [.. holder.Select(lease => lease.Key)], cancellationToken)));
        _restored.Clear();
    }

    private async Task AskHolderAsync(WorkerId worker, IReadOnlyList<TaskSlot> slots, CancellationToken cancellationToken)
    {
        try
        {
            var view = await GrainFactory.GetGrain<IWorkerGrain>(worker.Value).GetAsync(cancellationToken);
            var held = view?.Leases.ToHashSet() ?? [];
            foreach (var slot in slots)
            {
                // Renewed, while the worker was asked, means alive.
                var token = new LeaseToken(_pump.Tentative.IdOf(slot), _restored.GetValueOrDefault(slot));
                if (_restored.ContainsKey(slot) && !held.Contains(token))
                {
                    await Take(new LeaseTask(slot, new RevokeLease(token.Epoch, LeaseReasons.ConnectionLost))).Committed;
                }
            }
        }
        catch (Exception exception) when (_pump.Failure is null && !cancellationToken.IsCancellationRequested)
        {
            // Expiry ends the leases if nothing else does.
            LogHolderNotAsked(exception, _id, worker);
        }
    }
}
