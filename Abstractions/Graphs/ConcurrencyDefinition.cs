namespace OrleansFlow.Graphs;

/// <summary>How many tasks may be in hand at once.</summary>
public sealed record ConcurrencyDefinition
{
    /// <summary>Most tasks at once: of the node, or of everything in the cluster that names the same <see cref="Key"/>. Range 1 to 100 000.</summary>
    public required int Limit { get; init; }

    /// <summary>What the limit is shared by, over nodes, roles and runs: an id. Null: the limit is the node's own.</summary>
    public string? Key { get; init; }
}
