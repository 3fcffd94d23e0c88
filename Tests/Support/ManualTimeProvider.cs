namespace OrleansFlow.Tests;

/// <summary>
/// A clock that moves only when told. Timers fire in due order inside <see cref="Advance"/>, on the caller's thread.
/// The timestamp frequency is not the tick frequency, so mixing the two fails in tests.
/// </summary>
public sealed class ManualTimeProvider(DateTimeOffset startUtc) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _startUtc = startUtc;
    private DateTimeOffset _nowUtc = startUtc;
    private long _sequence;

    /// <summary>Starts at 2026-01-01T00:00:00Z.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are armed now.</summary>
    public int ArmedTimerCount
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _nowUtc;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => (GetUtcNow() - _startUtc).Ticks / 10;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on, firing each timer at its own moment.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var targetUtc = GetUtcNow() + by;
        while (TakeNextDue(targetUtc) is { } due)
        {
            due.Fire();
        }

        lock (_gate)
        {
            _nowUtc = targetUtc;
        }
    }

    private ManualTimer? TakeNextDue(DateTimeOffset targetUtc)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.DueUtc <= targetUtc).OrderBy(timer => timer.DueUtc).ThenBy(timer => timer.Order).FirstOrDefault();
            if (next is null)
            {
                return null;
            }

            if (next.DueUtc > _nowUtc)
            {
                _nowUtc = next.DueUtc;
            }

            _timers.Remove(next);
            if (next.Period > TimeSpan.Zero)
            {
                next.DueUtc += next.Period;
                next.Order = ++_sequence;
                _timers.Add(next);
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
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
                    Order = ++clock._sequence;
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
