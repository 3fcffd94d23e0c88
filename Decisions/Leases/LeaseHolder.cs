using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>Who holds a lease, and until when.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="SessionId">The worker's session at the grant or at the last renewal.</param>
/// <param name="GrantedUtc">When the lease was granted; the attempt's time-out counts from here.</param>
/// <param name="ExpiresUtc">The lease ends at this instant unless it is renewed before.</param>
public sealed record LeaseHolder(WorkerId Worker, string SessionId, DateTimeOffset GrantedUtc, DateTimeOffset ExpiresUtc)
{
    /// <summary>When its last batch was accepted, or the lease was read from storage; null before. Not stored.</summary>
    public DateTimeOffset? BatchUtc { get; init; }

    /// <summary>When the lease was granted or last renewed; default when that is not known any more. Not durable.</summary>
    public DateTimeOffset RenewedUtc { get; init; }

    /// <summary>Longest time so far from one sign of life to the next. Not durable.</summary>
    public TimeSpan LongestGap { get; init; }

    /// <summary>The longest silence, the one that lasts until now among them.</summary>
    public TimeSpan LongestGapUntil(DateTimeOffset nowUtc)
    {
        var silence = RenewedUtc == default ? TimeSpan.Zero : nowUtc - RenewedUtc;
        return silence > LongestGap ? silence : LongestGap;
    }
}
