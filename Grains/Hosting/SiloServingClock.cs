namespace OrleansFlow.Grains.Hosting;

/// <summary>Knows since when this silo serves worker sessions. Leases that stood before are left alone for a while after that.</summary>
/// <param name="clock">Clock of the silo.</param>
public sealed class SiloServingClock(LeaseClock clock)
{
    private long _servingSinceTicks;

    /// <summary>When the silo began to serve sessions; null while it does not.</summary>
    public DateTimeOffset? ServingSinceUtc =>
        Volatile.Read(ref _servingSinceTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Says that sessions are served from now on. Only the first call counts.</summary>
    public void MarkServing() => Interlocked.CompareExchange(ref _servingSinceTicks, clock.GetUtcNow().UtcTicks, 0);
}
