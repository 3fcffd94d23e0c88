using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>Where a node's input comes from.</summary>
public sealed class NodeInputDefinition
{
    /// <summary>Name of the input adapter, for example <c>pull.from_artifacts</c>.</summary>
    public required string Adapter { get; init; }

    /// <summary>The adapter's arguments: an object. Null: none.</summary>
    public JsonElement? Args { get; init; }

    /// <summary>
    /// True: an adapter that no worker has announced is taken, and the worker that gets the task checks name and arguments. Default false: it is refused.
    /// </summary>
    public bool AllowUnknownAdapter { get; init; }
}
