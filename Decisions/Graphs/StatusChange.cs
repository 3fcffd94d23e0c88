using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One change of a run's or node's status.</summary>
/// <param name="From">Before; null at the beginning.</param>
/// <param name="To">After.</param>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Reason">Why, where it is not plain; null otherwise.</param>
public sealed record StatusChange(RunStatus? From, RunStatus To, DateTimeOffset AtUtc, string? Reason = null);
