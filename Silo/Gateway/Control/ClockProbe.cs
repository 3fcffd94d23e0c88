using System.Globalization;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Whether the wall clock was set while the silo ran: it is compared with the monotonic one. Create it at the start.</summary>
internal sealed class ClockProbe(TimeProvider clock)
{
    private static readonly TimeSpan DriftMax = TimeSpan.FromSeconds(2);

    private readonly DateTimeOffset _startedUtc = clock.GetUtcNow();
    private readonly long _startedAt = clock.GetTimestamp();

    public Wire.HealthCheck Check()
    {
        var drift = clock.GetUtcNow() - _startedUtc - clock.GetElapsedTime(_startedAt);
        var healthy = drift.Duration() <= DriftMax;
        return new Wire.HealthCheck
        {
            Name = "clock",
            Healthy = healthy,
            Detail = string.Create(CultureInfo.InvariantCulture, $"wall clock moved {drift.TotalMilliseconds:0} ms against the monotonic one since the start"),
            Remedy = healthy ? "" : "The clock was set. Keep it synchronised (NTP); leases are not affected, but times that were stored before are off by as much.",
        };
    }
}
