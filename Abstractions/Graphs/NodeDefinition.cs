using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>One node of a task graph: a role, how many tasks it has, and what it waits for.</summary>
public sealed class NodeDefinition
{
    /// <summary>Id, unique within the graph.</summary>
    public required string Id { get; init; }

    /// <summary>The role whose workers run the node's tasks.</summary>
    public required string Role { get; init; }

    /// <summary>How many tasks the node has. Default 1. Range 1 to 10 000.</summary>
    public int Tasks { get; init; } = 1;

    /// <summary>Ids of the parents; the node reads their artifacts in this order.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>When enough parents have ended. Only <c>all</c> in this version.</summary>
    public string FanIn { get; init; } = "all";

    /// <summary><c>ready</c> (default): starts when the fan-in is met. <c>first_batch</c>: starts at the first batch of any parent.</summary>
    public string StartWhen { get; init; } = "ready";

    /// <summary>Free values the node's handler can read; member by member they win over the run's.</summary>
    public JsonElement? Params { get; init; }

    /// <summary>What happens when a task fails in a way that a retry can help.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Longest time of one attempt, in seconds, from grant to outcome; null: none. Range 1 to 604 800.</summary>
    public double? TimeoutSec { get; init; }

    /// <summary>Tasks with a higher number are leased first. Default 0. Range -1000 to 1000.</summary>
    public int Priority { get; init; }
}
