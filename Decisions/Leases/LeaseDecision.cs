using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Leases;

/// <summary>What was decided: events to apply, and a reason when the command itself was refused.</summary>
/// <param name="Events">To be applied in order; may be present beside a refusal (an expiry that was noticed, a counted refusal).</param>
/// <param name="Refused">Null when the command was accepted, also when it had been before and nothing changes.</param>
public readonly record struct LeaseDecision(ImmutableArray<LeaseEvent> Events, string? Refused = null)
{
    /// <summary>Accepted, and nothing changes.</summary>
    public static readonly LeaseDecision Nothing = new([]);

    /// <summary>True when the command was accepted.</summary>
    public bool IsAccepted => Refused is null;
}
