namespace OrleansFlow.Simulation.Kernel;

/// <summary>The clock of one process: virtual time, with a wall clock that may be wrong and may jump.</summary>
/// <remarks>Its monotonic time runs evenly, but may run faster or slower than that of others.</remarks>
internal sealed class SimulatedClock(SimulatedProcess process) : TimeProvider
{
    /// <summary>Virtual time begins here.</summary>
    public static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan Offset { get; set; }

    public override long GetTimestamp() => process.Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Epoch + process.Now + Offset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimulatedTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
