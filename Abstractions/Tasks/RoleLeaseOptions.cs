using OrleansFlow.Hosting;

namespace OrleansFlow.Tasks;

/// <summary>What <see cref="LeaseOptions"/> say otherwise for one role. Section: <c>OrleansFlow:Leases:Roles:ROLE</c>.</summary>
public sealed class RoleLeaseOptions
{
    internal const int TakeoversMax = 1_000;

    /// <summary>How long a worker whose stream broke keeps its leases of this role.</summary>
    /// <value>Default null: that of <see cref="LeaseOptions"/>. Range 0 to 1 h; at most the lease duration, which ends them anyway.</value>
    public TimeSpan? ReconnectGrace { get; set; }

    /// <summary>How often a task of this role may be taken over before it fails for good.</summary>
    /// <value>Default null: that of <see cref="LeaseOptions"/>. Range 0 to 1 000.</value>
    public int? MaxTakeovers { get; set; }

    internal IEnumerable<string?> Faults(string section, TimeSpan duration)
    {
        yield return OptionRange.Fault(section, nameof(ReconnectGrace), ReconnectGrace ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1));
        yield return OptionRange.Fault(section, nameof(MaxTakeovers), MaxTakeovers ?? 0, 0, TakeoversMax);
        if (ReconnectGrace > duration)
        {
            yield return $"{section}:{nameof(ReconnectGrace)} ({ReconnectGrace}) must be at most {nameof(LeaseOptions.Duration)} ({duration}).";
        }
    }
}
