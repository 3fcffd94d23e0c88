using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Grains.Workflows;

/// <content>What a schedule does by itself: act at its times, deliver what it owes, follow runs that others wait for.</content>
internal sealed partial class WorkflowScheduleGrain
{
    private const string ReminderName = "times";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A time that is further away is left to the reminder, and the activation may end.</summary>
    private static readonly TimeSpan TimerMax = TimeSpan.FromMinutes(5);

    /// <summary>Longest time for which a reminder is asked.</summary>
    private static readonly TimeSpan ReminderMax = TimeSpan.FromDays(1);

    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);

    private IGrainTimer? _timer;
    private DateTimeOffset _armedUtc = DateTimeOffset.MaxValue;
    private DateTimeOffset? _reminderUtc;
    private Task _delivering = Task.CompletedTask;
    private Task _following = Task.CompletedTask;
    private Task _ticking = Task.CompletedTask;

    public async Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status)
    {
        if (Newest is null)
        {
            if (await this.GetReminder(ReminderName) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }

            return;
        }

        _reminderUtc ??= _clock.GetUtcNow();
        await TickAsync();
        Deliver();
        await EnsureReminderAsync();
    }

    /// <summary>When the schedule must be active; null: when somebody calls it.</summary>
    private DateTimeOffset? WakeUtc() => Newest switch
    {
        null => null,
        { Owed.IsEmpty: false } or { Buffer.IsEmpty: false } => _clock.GetUtcNow(),
        { } state => state.NextUtc(),
    };

    private void Arm()
    {
        var nextUtc = Newest?.NextUtc() ?? DateTimeOffset.MaxValue;
        var wait = nextUtc - _clock.GetUtcNow();
        if (nextUtc >= _armedUtc || wait > TimerMax || _stopped.IsCancellationRequested)
        {
            return;
        }

        ArmAt(nextUtc, wait);
    }

    private void ArmAt(DateTimeOffset dueUtc, TimeSpan wait)
    {
        _armedUtc = dueUtc;
        wait = wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
        if (_timer is { } timer)
        {
            timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer = this.RegisterGrainTimer(OnDueAsync, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });
        }
    }

    private async Task OnDueAsync(CancellationToken cancellationToken)
    {
        _armedUtc = DateTimeOffset.MaxValue;
        try
        {
            await TickAsync();
            Arm();
        }
        catch (Exception exception) when (!_stopped.IsCancellationRequested)
        {
            // The time is not seen to yet, so it is tried again; the reminder would, too.
            LogNotTicked(exception, this.GetPrimaryKeyString(), RetryWait);
            ArmAt(_clock.GetUtcNow() + RetryWait, RetryWait);
        }
    }

    /// <summary>Sees to the times that have come; one look at a time.</summary>
    private Task TickAsync()
    {
        if (_ticking.IsCompleted)
        {
            _ticking = LookAsync();
        }

        return _ticking;

        async Task LookAsync()
        {
            if (Newest?.NextUtc() <= _clock.GetUtcNow())
            {
                await RefreshAsync();
                if (Newest is not null)
                {
                    await ApplyAsync(new ScheduleCommand.Tick());
                }
            }
        }
    }

    /// <summary>Looks which runs have ended: nobody tells the schedule, because most schedules need to know only when their next time comes.</summary>
    private async Task RefreshAsync()
    {
        foreach (var run in Newest?.Running ?? [])
        {
            if (Newest?.Owed.Exists(order => order.Kind == ScheduleOrderKind.Start && order.Run == run.Run) != false)
            {
                continue;
            }

            var (hasEnded, failure) = await _runs.LookAsync(run.Run, _stopped);
            if (hasEnded && Newest is not null)
            {
                await ApplyAsync(new ScheduleCommand.Ended(run.Run, failure));
            }
        }
    }

    /// <summary>Delivers what is owed, and follows the run that another one waits for.</summary>
    private void Deliver()
    {
        if (_delivering.IsCompleted && !_stopped.IsCancellationRequested)
        {
            _delivering = DeliverAllAsync();
        }

        if (_following.IsCompleted && !_stopped.IsCancellationRequested)
        {
            _following = FollowAsync();
        }
    }

    /// <summary>Never fails.</summary>
    private async Task DeliverAllAsync()
    {
        // Leaves the turn that began it.
        await Task.Yield();
        var retry = new DeliveryRetry(_clock);
        while (!_stopped.IsCancellationRequested && _pump.Failure is null && _pump.Committed.State is { Owed: [var order, ..] } state)
        {
            try
            {
                await ApplyAsync(await DoAsync(state, order));
                retry.Reset();
            }
            catch (Exception exception)
            {
                if (_stopped.IsCancellationRequested || _pump.Failure is not null || Newest is null)
                {
                    return;
                }

                LogNotDelivered(exception, state.Id, order.Kind, order.Run);
                try
                {
                    await retry.WaitAsync(_stopped);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private async Task<ScheduleCommand> DoAsync(ScheduleState state, ScheduleOrder order)
    {
        try
        {
            if (order.Kind == ScheduleOrderKind.Start)
            {
                await _runs.StartAsync(state.Id, order.Run, state.Schedule.Run, _clock.GetUtcNow(), _stopped);
            }
            else
            {
                await _runs.StopAsync(order.Run, order.Kind == ScheduleOrderKind.Terminate, $"the next time of schedule {state.Id} has come", _stopped);
            }

            return new ScheduleCommand.Done(order.Number);
        }
        catch (FlowException exception) when (exception.Kind.Retry == RetryAdvice.Never)
        {
            return new ScheduleCommand.Refused(order.Number, exception.Message);
        }
    }

    /// <summary>While a run waits for its turn: waits for the end of the one before it. Never fails.</summary>
    private async Task FollowAsync()
    {
        await Task.Yield();
        while (!_stopped.IsCancellationRequested && _pump.Failure is null
            && _pump.Committed.State is { Buffer.IsEmpty: false, Running: [var run, ..] } state
            && !state.Owed.Exists(order => order.Kind == ScheduleOrderKind.Start && order.Run == run.Run))
        {
            try
            {
                var failure = await _runs.WhenEndedAsync(run.Run, _stopped);
                if (Newest is not null)
                {
                    await ApplyAsync(new ScheduleCommand.Ended(run.Run, failure));
                }
            }
            catch (Exception exception)
            {
                if (!_stopped.IsCancellationRequested)
                {
                    // The reminder begins anew.
                    LogNotTicked(exception, state.Id, ReminderPeriod);
                }

                return;
            }
        }
    }

    private async Task EnsureReminderAsync()
    {
        if (WakeUtc() is not { } wakeUtc)
        {
            if (_reminderUtc is not null && await this.GetReminder(ReminderName) is { } reminder && WakeUtc() is null)
            {
                _reminderUtc = null;
                await this.UnregisterReminder(reminder);
            }

            return;
        }

        var wait = wakeUtc - _clock.GetUtcNow();
        wait = wait < ReminderPeriod ? ReminderPeriod : wait > ReminderMax ? ReminderMax : wait;
        var dueUtc = _clock.GetUtcNow() + wait;

        // A reminder that comes too often costs a look, one that comes too late a time. Registering it costs a write.
        if (_reminderUtc is not { } known || known > dueUtc + ReminderPeriod || (known < dueUtc - TimerMax && wait > TimerMax))
        {
            await this.RegisterOrUpdateReminder(ReminderName, wait, ReminderPeriod);
            _reminderUtc = dueUtc;
        }
    }
}
