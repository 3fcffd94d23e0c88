using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workflows;

/// <content>Who wakes runs, and the shard itself.</content>
internal sealed partial class WorkflowIndexGrain
{
    private const string ReminderName = "runs";

    /// <summary>Runs that are woken at once.</summary>
    private const int Lanes = 64;

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A live run of which nothing was heard for so long is asked: its silo may be gone while this one stands.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromMinutes(2);

    /// <summary>Time without an open run after which the reminder ends.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(2);

    /// <summary>How long news wait that nobody waits for, to share their write with others of the same runs.</summary>
    private static readonly TimeSpan FlushPeriod = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);

    private readonly Queue<(string Run, bool IsLost)> _ready = new();
    private readonly List<Task> _lanes = [];
    private Task _waking = Task.CompletedTask;
    private IGrainTimer? _timer;
    private DateTimeOffset _armedUtc = DateTimeOffset.MaxValue;
    private DateTimeOffset _flushUtc = DateTimeOffset.MaxValue;
    private DateTimeOffset? _idleSinceUtc;
    private bool _hasReminder;

    public async Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status)
    {
        _hasReminder = true;
        var nowUtc = _clock.GetUtcNow();
        BeginWaking(nowUtc - SilenceMax);
        _idleSinceUtc = _store.OpenCount > 0 ? null : _idleSinceUtc ?? nowUtc;

        // Only a shard that stays empty gives its reminder up: registering it again costs a write.
        if (nowUtc >= _idleSinceUtc + IdleTime && await this.GetReminder(ReminderName) is { } reminder && _store.OpenCount == 0)
        {
            _hasReminder = false;
            await this.UnregisterReminder(reminder);
        }
    }

    private async Task EnsureReminderAsync()
    {
        _idleSinceUtc = null;
        if (!_hasReminder)
        {
            _hasReminder = true;
            try
            {
                await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
            }
            catch
            {
                _hasReminder = false;
                throw;
            }
        }
    }

    /// <summary>When the shard has something to do by itself.</summary>
    private DateTimeOffset NextUtc()
    {
        if (!_store.HasKept)
        {
            _flushUtc = DateTimeOffset.MaxValue;
        }
        else if (_flushUtc == DateTimeOffset.MaxValue)
        {
            _flushUtc = _clock.GetUtcNow() + FlushPeriod;
        }

        return _store.DueUtc < _flushUtc ? _store.DueUtc : _flushUtc;
    }

    private void ArmAt(DateTimeOffset dueUtc)
    {
        if (dueUtc >= _armedUtc || _stopped.IsCancellationRequested)
        {
            return;
        }

        // A timer waits for at most 49 days; the longer ones are looked at once a day.
        _armedUtc = dueUtc;
        var wait = dueUtc - _clock.GetUtcNow();
        wait = wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait;
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
        var nowUtc = _clock.GetUtcNow();
        _armedUtc = DateTimeOffset.MaxValue;
        BeginWaking(DateTimeOffset.MinValue);
        if (_flushUtc <= nowUtc)
        {
            _flushUtc = DateTimeOffset.MaxValue;
            try
            {
                await _store.FlushAsync();
            }
            catch (Exception exception)
            {
                // The activation ends; the next one reads what is there.
                LogNotFlushed(exception, this.GetPrimaryKeyString());
                return;
            }
        }

        if (_waking.IsCompleted)
        {
            ArmAt(NextUtc());
        }
    }

    /// <summary>Wakes what is due, and what was not heard of since a moment.</summary>
    private void BeginWaking(DateTimeOffset heardBeforeUtc)
    {
        var nowUtc = _clock.GetUtcNow();
        while (_store.TakeSilent(heardBeforeUtc, nowUtc) is { Count: > 0 } silent)
        {
            silent.ForEach(run => _ready.Enqueue((run, IsLost: true)));
        }

        if (_waking.IsCompleted && !_stopped.IsCancellationRequested)
        {
            _waking = WakeAsync();
        }
    }

    private async Task WakeAsync()
    {
        // Leaves the turn that began it: an activation must be complete before its runs call back.
        await Task.Yield();
        try
        {
            while (!_stopped.IsCancellationRequested)
            {
                if (_ready.Count == 0)
                {
                    // Taken a segment at a time, so that what waits here stays small however many runs are due.
                    (await _store.TakeDueAsync(_clock.GetUtcNow())).ForEach(run => _ready.Enqueue((run, IsLost: false)));
                    if (_ready.Count == 0)
                    {
                        break;
                    }
                }

                _lanes.RemoveAll(lane => lane.IsCompleted);
                while (_lanes.Count < Lanes && _ready.Count > 0)
                {
                    _lanes.Add(WakeReadyAsync());
                }

                if (_ready.Count > 0)
                {
                    await Task.WhenAny(_lanes);
                }
            }
        }
        catch (Exception exception)
        {
            // The runs are due still: the timer looks again.
            LogNotLooked(exception, this.GetPrimaryKeyString(), RetryWait);
            _armedUtc = DateTimeOffset.MaxValue;
            ArmAt(_clock.GetUtcNow() + RetryWait);
            return;
        }

        ArmAt(NextUtc());
    }

    /// <summary>Wakes runs as long as some wait. Never fails.</summary>
    private async Task WakeReadyAsync()
    {
        while (!_stopped.IsCancellationRequested && _ready.TryDequeue(out var next))
        {
            try
            {
                await _waker.WakeAsync(new RunId(next.Run), next.IsLost, _stopped);
            }
            catch (Exception exception) when (!_stopped.IsCancellationRequested)
            {
                // One run that cannot be woken must not keep the others.
                LogNotWoken(exception, next.Run, RetryWait);
                _store.Postpone(next.Run, _clock.GetUtcNow() + RetryWait);
            }
            catch (OperationCanceledException)
            {
                // The next activation wakes it.
            }
        }
    }
}
