using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>A task graph as people write it. JSON members are snake_case; an unknown member is refused.</summary>
/// <remarks>Immutable by convention once built. <c>Decisions/Graphs</c> checks and compiles it.</remarks>
public sealed class GraphDefinition
{
    /// <summary>Version of the document's form. Only 1 exists.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Name people see in listings; an id by the rule of <c>IdText</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Files the work reads: name to path. The client makes each path absolute and checks that it exists at submit.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Free values every handler of the run can read.</summary>
    public JsonElement? Params { get; init; }

    /// <summary>The run's variables at its start: an object.</summary>
    public JsonElement? Vars { get; init; }

    /// <summary>Longest time of the run, in seconds, from its acceptance; it fails with <c>deadline_exceeded</c> then. Null: none. Range 1 to 31 536 000.</summary>
    public double? DeadlineSec { get; init; }

    /// <summary>What the run's result is made of: name to an expression over <c>nodes.ID</c>, <c>vars</c> and <c>params</c>, evaluated when it completes.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();

    /// <summary>Graphs that nodes run as their body, by name (<see cref="NodeDefinition.Graph"/>). Only the document itself has some; <see cref="Name"/> and <see cref="Files"/> of theirs are not used.</summary>
    public IReadOnlyDictionary<string, GraphDefinition> Graphs { get; init; } = new Dictionary<string, GraphDefinition>();

    /// <summary>The nodes; at least one, in any order.</summary>
    public required IReadOnlyList<NodeDefinition> Nodes { get; init; }
}
