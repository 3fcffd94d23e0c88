using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Workers;

/// <summary>The times of one worker's session: the silo's, or shorter ones that the worker asked for.</summary>
/// <param name="Lease">How long a lease stands after the last heartbeat.</param>
/// <param name="Heartbeat">How often the worker must send one.</param>
/// <param name="SoftSilence">Silence after which it gets no new tasks.</param>
/// <param name="HardSilence">Silence after which its session ends.</param>
public readonly record struct SessionTimes(TimeSpan Lease, TimeSpan Heartbeat, TimeSpan SoftSilence, TimeSpan HardSilence)
{
    /// <summary>The times of a session.</summary>
    /// <param name="options">The silo's rules.</param>
    /// <param name="leaseTtl">What the worker asked for; null: as the silo says.</param>
    /// <param name="heartbeatInterval">What the worker asked for; null: as the silo says, and never more than a third of the lease.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: longer leases than the silo gives, or too few heartbeats for them.</exception>
    public static SessionTimes Of(LeaseOptions options, TimeSpan? leaseTtl, TimeSpan? heartbeatInterval)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (leaseTtl > options.Duration)
        {
            throw new FlowException(
                FlowErrorCode.BadOption,
                $"The worker asks for leases of {leaseTtl} (lease_ttl_sec); this silo's {LeaseOptions.SectionName}:{nameof(options.Duration)} is {options.Duration}. Lower the one or raise the other.");
        }

        var lease = leaseTtl ?? options.Duration;
        var third = TimeSpan.FromTicks(lease.Ticks / 3);
        if (heartbeatInterval > third)
        {
            throw new FlowException(
                FlowErrorCode.BadOption,
                $"The worker asks for a heartbeat each {heartbeatInterval} (hb_interval_sec); with leases of {lease} it must be at most a third of that, {third}.");
        }

        var heartbeat = heartbeatInterval ?? (options.HeartbeatInterval < third ? options.HeartbeatInterval : third);
        var hard = leaseTtl ?? options.HardSilenceInForce;
        var soft = options.SoftSilence ?? TimeSpan.FromTicks(heartbeat.Ticks * 3);
        return new SessionTimes(lease, heartbeat, soft < hard ? soft : hard, hard);
    }
}
