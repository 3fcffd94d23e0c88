namespace OrleansFlow.Testing;

/// <summary>A clock that moves only when told. Timers fire in due order inside <see cref="Advance"/>, on the caller's thread. Thread-safe.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<TestTimer> _timers = new(Comparer<TestTimer>.Create(static (left, right) =>
        left.DueUtc != right.DueUtc ? left.DueUtc.CompareTo(right.DueUtc) : left.Order.CompareTo(right.Order)));

    private readonly DateTimeOffset _startUtc;
    private DateTimeOffset _nowUtc;
    private long _order;

    /// <summary>Starts at 2026-01-01T00:00:00Z.</summary>
    public TestClock()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Starts at a given time.</summary>
    public TestClock(DateTimeOffset startUtc) => _startUtc = _nowUtc = startUtc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _nowUtc;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => (GetUtcNow() - _startUtc).Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TestTimer(this, callback, state);
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

    private TestTimer? TakeDue(DateTimeOffset untilUtc)
    {
        lock (_gate)
        {
            if (_timers.Min is not { } timer || timer.DueUtc > untilUtc)
            {
                return null;
            }

            _nowUtc = timer.DueUtc > _nowUtc ? timer.DueUtc : _nowUtc;
            _timers.Remove(timer);
            if (timer.Period > TimeSpan.Zero)
            {
                timer.DueUtc += timer.Period;
                timer.Order = ++_order;
                _timers.Add(timer);
            }

            return timer;
        }
    }

    private sealed class TestTimer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset DueUtc { get; set; }

        public TimeSpan Period { get; private set; }

        public long Order { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueUtc = clock._nowUtc + dueTime;
                    Period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                    Order = ++clock._order;
                    clock._timers.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
