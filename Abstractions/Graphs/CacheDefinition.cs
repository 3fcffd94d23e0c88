namespace OrleansFlow.Graphs;

/// <summary>Takes a node's outcome from an earlier run that did the same work.</summary>
public sealed record CacheDefinition
{
    /// <summary>
    /// An expression over <c>params</c>, <c>vars</c> and <c>parents</c>, evaluated when the node opens: what the outcome depends on, besides role,
    /// parameters and number of tasks, which always count. Several values as a list: <c>[params.day, vars.source]</c>.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>How long, in seconds, an outcome can be taken after it was recorded; null: as long as its run is kept. Range 1 to 31 536 000.</summary>
    public double? TtlSec { get; init; }
}
