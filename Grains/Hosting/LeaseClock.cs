namespace OrleansFlow.Grains.Hosting;

/// <summary>The time that leases are decided by: the wall clock's, without its jumps.</summary>
/// <remarks>
/// It runs as the monotonic clock does and follows the wall clock by at most a hundredth of the time that passes. So a wall clock that is set
/// forwards ends no lease early, one that is set back keeps none, and what is stored still bears the time of day. What another silo, or an
/// earlier life of this one, has stored may be off by any difference of their clocks: the deciders take no remaining time from it.
/// </remarks>
public sealed class LeaseClock : TimeProvider
{
    /// <summary>Time that passes for each unit by which the wall clock is followed.</summary>
    private const int FollowDivisor = 100;

    /// <summary>After this time, in ticks, what was followed so far becomes the new start.</summary>
    private const long WindowTicks = TimeSpan.TicksPerSecond;

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private long _startTimestamp;
    private long _startTicks;
    private long _lastTicks;

    /// <summary>Begins with the time of the wall clock.</summary>
    /// <param name="clock">Wall clock, monotonic clock and timers of the silo.</param>
    public LeaseClock(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        _startTimestamp = clock.GetTimestamp();
        _startTicks = _lastTicks = clock.GetUtcNow().UtcTicks;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => _clock.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _clock.LocalTimeZone;

    /// <summary>The time. Never less than an earlier answer. Safe to call from any thread.</summary>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            var timestamp = _clock.GetTimestamp();
            var elapsedTicks = Math.Max(_clock.GetElapsedTime(_startTimestamp, timestamp).Ticks, 0);
            var steadyTicks = _startTicks + elapsedTicks;
            var mostTicks = elapsedTicks / FollowDivisor;
            var nowTicks = steadyTicks + Math.Clamp(_clock.GetUtcNow().UtcTicks - steadyTicks, -mostTicks, mostTicks);
            if (elapsedTicks >= WindowTicks)
            {
                _startTimestamp = timestamp;
                _startTicks = nowTicks;
            }

            // Within a window a wall clock that is set back would take back what was followed.
            _lastTicks = Math.Max(_lastTicks, nowTicks);
            return new DateTimeOffset(_lastTicks, TimeSpan.Zero);
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => _clock.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _clock.CreateTimer(callback, state, dueTime, period);
}
