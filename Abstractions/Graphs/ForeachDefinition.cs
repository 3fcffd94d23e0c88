using System.Text.Json;

namespace OrleansFlow.Graphs;

/// <summary>Scatters a node: one task for each item of a list, or for each batch of a parent. Exactly one of <see cref="Items"/>, <see cref="List"/> and <see cref="BatchesOf"/> is set.</summary>
public sealed record ForeachDefinition
{
    /// <summary>An expression that gives the list, evaluated when the node opens: for example <c>vars.days</c>. In the document a text in the member <c>items</c>.</summary>
    public string? Items { get; init; }

    /// <summary>The list itself, a JSON array. In the document an array in the member <c>items</c>.</summary>
    public JsonElement? List { get; init; }

    /// <summary>Id of a parent: each of its accepted batches becomes one task, whose input from that parent is that batch alone.</summary>
    public string? BatchesOf { get; init; }

    /// <summary>Name of the parameter in which each task finds its item. Default <c>item</c>.</summary>
    public string As { get; init; } = "item";

    /// <summary>When the node has completed: <c>all</c> (default) of its tasks, <c>any</c> of them, or <c>count:N</c>; what still runs then is cancelled.</summary>
    public string Barrier { get; init; } = "all";

    /// <summary>Most tasks; one more fails the node as <c>limit_exceeded</c>. Default 10 000. Range 1 to 100 000.</summary>
    public int MaxItems { get; init; } = 10_000;
}
