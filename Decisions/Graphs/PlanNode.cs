using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One node of a compiled graph.</summary>
public sealed record PlanNode
{
    /// <summary>Position in the document, 0-based.</summary>
    public required int Index { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose workers run it.</summary>
    public required string Role { get; init; }

    /// <summary>How many tasks it has.</summary>
    public required int TaskCount { get; init; }

    /// <summary>Positions of the parents, in the order of <c>depends_on</c>.</summary>
    public required ImmutableArray<int> Parents { get; init; }

    /// <summary>Positions of the nodes that depend on this one, ascending.</summary>
    public required ImmutableArray<int> Children { get; init; }

    /// <summary>True: its tasks may start at the first accepted batch of any parent.</summary>
    public required bool StartsAtFirstBatch { get; init; }

    /// <summary>The run's parameters with the node's laid over them, as JSON; null for none.</summary>
    public string? ParamsJson { get; init; }

    /// <summary>Higher is leased first.</summary>
    public int Priority { get; init; }

    /// <summary>Retries, back-off and time-out of its tasks; the lease duration is the silo's.</summary>
    public required LeasePolicy Policy { get; init; }
}
