namespace OrleansFlow.Graphs;

/// <summary>One parent of a node, and what has to come of it. In the document a text, the parent's id, or an object with these members.</summary>
public sealed record ParentDefinition
{
    /// <summary>Id of the parent.</summary>
    public required string Node { get; init; }

    /// <summary>
    /// Which end of the parent leads here: <c>success</c> (default), <c>failure</c> (this node remedies it: the run does not fail), or <c>done</c>
    /// for either.
    /// </summary>
    public string On { get; init; } = "success";

    /// <summary>A condition in the expression language; when it does not hold, the parent does not lead here. Null: none.</summary>
    public string? When { get; init; }

    /// <summary><c>on_batch</c>: the parent counts from its first batch on; <c>on_done</c>: from its end. Null: as the node's <c>start_when</c> says.</summary>
    public string? Trigger { get; init; }

    /// <summary>A parent that has to succeed.</summary>
    public static implicit operator ParentDefinition(string node) => FromString(node);

    /// <summary>A parent that has to succeed.</summary>
    public static ParentDefinition FromString(string node) => new() { Node = node };
}
