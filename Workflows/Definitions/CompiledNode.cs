using System.Collections.Immutable;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A node of a compiled workflow: what a run needs to know of it, and no user type.</summary>
public sealed record CompiledNode
{
    /// <summary>Unique in its workflow.</summary>
    public required string Name { get; init; }

    /// <summary>Where items go; branches in the order in which their guards are asked.</summary>
    public required ImmutableArray<CompiledEdge> Edges { get; init; }

    /// <summary>When a join goes on; <see langword="null"/> for other nodes.</summary>
    public JoinRule? Join { get; init; }

    /// <summary>How failed attempts are repeated; <see langword="null"/>: as the worker does by default.</summary>
    public StepRetryPolicy? Retry { get; init; }

    /// <summary>Longest time of one attempt.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Which workers run it; <see langword="null"/>: those of the workflow.</summary>
    public string? Role { get; init; }

    /// <summary>Nodes with the same key share one limit.</summary>
    public string? ConcurrencyKey { get; init; }

    /// <summary>How many nodes with the key run at the same time.</summary>
    public int ConcurrencyLimit { get; init; } = 1;

    /// <summary>How often it may run in one run; <see langword="null"/>: no bound.</summary>
    public int? MaxVisits { get; init; }

    /// <summary>True where a branch of the run may end with an output.</summary>
    public bool IsTerminal => Edges.Any(edge => edge.Target == CompiledEdge.End);

    /// <summary>True where the output chooses the edge.</summary>
    public bool Branches => Edges.Any(edge => edge.Kind == EdgeKind.Branch);
}
