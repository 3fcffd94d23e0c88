namespace OrleansFlow.Testing;

/// <summary>Timers that fire in due order when time is moved on, on the thread that moves it. What a clock that a test moves is made of. Thread-safe.</summary>
/// <remarks>Also compiled into the project's own test support, which may not know this assembly.</remarks>
internal sealed class ManualTimers
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _armed = new(Comparer<ManualTimer>.Create(static (left, right) =>
        left.DueUtc != right.DueUtc ? left.DueUtc.CompareTo(right.DueUtc) : left.Order.CompareTo(right.Order)));

    private readonly DateTimeOffset _startUtc;
    private DateTimeOffset _nowUtc;
    private long _order;

    public ManualTimers(DateTimeOffset startUtc) => _startUtc = _nowUtc = startUtc;

    /// <summary>The time.</summary>
    public DateTimeOffset NowUtc
    {
        get
        {
            lock (_gate)
            {
                return _nowUtc;
            }
        }
    }

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => NowUtc - _startUtc;

    /// <summary>Timers that are armed now.</summary>
    public int ArmedCount
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <summary>When the next timer is due; null when none is armed.</summary>
    public DateTimeOffset? NextDueUtc
    {
        get
        {
            lock (_gate)
            {
                return _armed.Min?.DueUtc;
            }
        }
    }

    /// <summary>Makes a timer.</summary>
    /// <param name="callback">What it does.</param>
    /// <param name="state">Passed to it.</param>
    /// <param name="dueTime">As for any timer.</param>
    /// <param name="period">As for any timer.</param>
    /// <param name="onArmed">Hears, before anything else happens, that the timer was armed (true) or is no more (false); null for nobody.</param>
    public ITimer Create(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period, Action<bool>? onArmed = null)
    {
        var timer = new ManualTimer(this, callback, state, onArmed);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on, firing each timer at its own moment.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset untilUtc;
        lock (_gate)
        {
            untilUtc = _nowUtc + by;
        }

        while (TakeDue(untilUtc) is { } timer)
        {
            timer.Fire();
        }

        lock (_gate)
        {
            _nowUtc = untilUtc > _nowUtc ? untilUtc : _nowUtc;
        }
    }

    private ManualTimer? TakeDue(DateTimeOffset untilUtc)
    {
        lock (_gate)
        {
            if (_armed.Min is not { } timer || timer.DueUtc > untilUtc)
            {
                return null;
            }

            _nowUtc = timer.DueUtc > _nowUtc ? timer.DueUtc : _nowUtc;
            _armed.Remove(timer);
            if (timer.Period > TimeSpan.Zero)
            {
                timer.DueUtc += timer.Period;
                timer.Order = ++_order;
                _armed.Add(timer);
            }
            else
            {
                timer.OnArmed?.Invoke(false);
            }

            return timer;
        }
    }

    private sealed class ManualTimer(ManualTimers owner, TimerCallback callback, object? state, Action<bool>? onArmed) : ITimer
    {
        public DateTimeOffset DueUtc { get; set; }

        public TimeSpan Period { get; private set; }

        public long Order { get; set; }

        public Action<bool>? OnArmed => onArmed;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                var wasArmed = owner._armed.Remove(this);
                var isArmed = dueTime != Timeout.InfiniteTimeSpan;
                if (isArmed)
                {
                    DueUtc = owner._nowUtc + dueTime;
                    Period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                    Order = ++owner._order;
                    owner._armed.Add(this);
                }

                if (isArmed != wasArmed)
                {
                    onArmed?.Invoke(isArmed);
                }

                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
