using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What was decided about a job.</summary>
/// <param name="State">The state from now on.</param>
/// <param name="Orders">What is to be done, in this order.</param>
/// <param name="Refused">Null when the command was accepted, also when it changes nothing.</param>
public sealed record JobDecision(StreamJob State, ImmutableArray<JobOrder> Orders, string? Refused = null)
{
    /// <summary>True when the command was accepted.</summary>
    public bool IsAccepted => Refused is null;
}
