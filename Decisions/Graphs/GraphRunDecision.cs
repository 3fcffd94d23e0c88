using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What was decided about a run.</summary>
/// <param name="State">The state with the events applied.</param>
/// <param name="Events">What happened, in order; may be present beside a refusal.</param>
/// <param name="Refused">Null when the command was accepted, also when nothing changes because it had been before.</param>
public readonly record struct GraphRunDecision(GraphRunState State, ImmutableArray<GraphRunEvent> Events, string? Refused = null)
{
    /// <summary>True when the command was accepted.</summary>
    public bool IsAccepted => Refused is null;

    /// <summary>True when something must be stored.</summary>
    public bool IsDurable => Events.Any(change => change.IsDurable);
}
