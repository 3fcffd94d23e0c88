using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>What the attempts of a node of a run brought. Apart from the node, because most nodes of a large run have none of it and share the empty one.</summary>
internal sealed record NodeOutput
{
    public static readonly NodeOutput None = new();

    public ImmutableList<AcceptedRef> Accepted { get; init; } = [];

    public long Rows { get; init; }

    public long Bytes { get; init; }

    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = NodeRunState.NoMetrics;

    public ImmutableSortedDictionary<string, long> MetricCounts { get; init; } = NodeRunState.NoCounts;
}

/// <summary>What few nodes of a run have, apart for the same reason.</summary>
internal sealed record NodeRarities
{
    public static readonly NodeRarities None = new();

    public bool IsHeldBack { get; init; }

    public int Reruns { get; init; }

    public ImmutableList<StatusChange> Past { get; init; } = [];

    public LeaseFailure? Failure { get; init; }

    public ImmutableList<string> Items { get; init; } = [];

    public string? CacheKey { get; init; }

    public bool IsCacheAnswered { get; init; }

    public RunId CachedFrom { get; init; }
}
