using OrleansFlow.Testing;

namespace OrleansFlow.Tests;

/// <summary>
/// A clock that moves only when told. Timers fire in due order inside <see cref="Advance"/>, on the caller's thread.
/// The timestamp frequency is not the tick frequency, so mixing the two fails in tests.
/// </summary>
public sealed class ManualTimeProvider(DateTimeOffset startUtc) : TimeProvider
{
    private readonly ManualTimers _timers = new(startUtc);

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
    public int ArmedTimerCount => _timers.ArmedCount;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _timers.NowUtc;

    /// <inheritdoc/>
    public override long GetTimestamp() => _timers.Elapsed.Ticks / 10;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timers.Create(callback, state, dueTime, period);

    /// <summary>Moves time on, firing each timer at its own moment.</summary>
    public void Advance(TimeSpan by) => _timers.Advance(by);
}
