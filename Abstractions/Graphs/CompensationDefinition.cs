using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>What undoes a completed node when its run fails for good.</summary>
public sealed record CompensationDefinition
{
    /// <summary>The role whose workers run it.</summary>
    public required string Role { get; init; }

    /// <summary>Free values its handler can read; member by member they win over the node's.</summary>
    public JsonElement? Params { get; init; }

    /// <summary>What happens when it fails in a way that a retry can help.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Longest time of one attempt, in seconds; null: none. Range 1 to 604 800.</summary>
    public double? TimeoutSec { get; init; }

    /// <summary>Whether it also runs when the run is cancelled. Default false.</summary>
    public bool OnCancel { get; init; }
}
