namespace OrleansFlow.Testing;

/// <summary>A clock that moves only when told. Timers fire in due order, each at its own moment. Thread-safe.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly ManualTimers _timers;

    /// <summary>Starts at 2026-01-01T00:00:00Z.</summary>
    public TestClock()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Starts at a given time.</summary>
    public TestClock(DateTimeOffset startUtc) => _timers = new ManualTimers(startUtc);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>When the next timer is due; null when there is none.</summary>
    internal DateTimeOffset? NextDueUtc => _timers.NextDueUtc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _timers.NowUtc;

    /// <inheritdoc/>
    public override long GetTimestamp() => _timers.Elapsed.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timers.Create(callback, state, dueTime, period, HandlerHold.Current is { } hold ? hold.OnTimer : null);

    /// <summary>
    /// Moves time on, whatever the cluster is doing: timers fire one after the other on the caller's thread, and nobody has time to answer between
    /// them. To let time pass as it does in production, use <see cref="FlowTestCluster.PassAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by) => _timers.Advance(by);
}
