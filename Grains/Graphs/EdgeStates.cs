using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of what became of a node's edges: a letter each, <c>o</c>pen, <c>t</c>aken, <c>d</c>ead, <c>l</c>ate.</summary>
internal static class EdgeStates
{
    private const string Letters = "otdl";

    /// <summary>Null while all are open.</summary>
    public static string? ToText(ImmutableList<EdgeState> edges) => edges.TrueForAll(edge => edge == EdgeState.Open)
        ? null
        : string.Concat(edges.Select(edge => Letters[(int)edge]));

    /// <summary>What the text says; none for null.</summary>
    /// <exception cref="FormatException">Another letter.</exception>
    public static ImmutableList<EdgeState> Parse(string? text) => text is null ? [] :
    [
        .. text.Select(letter => Letters.IndexOf(letter, StringComparison.Ordinal) is >= 0 and var state
            ? (EdgeState)state
            : throw new FormatException($"'{letter}' is no state of an edge; known: {Letters}.")),
    ];

    /// <summary>The node with its edges where none were stored: then they follow from its parents, since each leads on by their success alone.</summary>
    public static NodeRunState Complete(GraphPlan plan, ImmutableList<NodeRunState> nodes, int index)
    {
        var edges = plan.Nodes[index].Edges;
        var states = nodes[index].Edges;
        if (states.Count != edges.Length)
        {
            states = [.. edges.Select(edge => StateOf(edge, nodes[edge.Parent]))];
        }

        return nodes[index] with
        {
            Edges = states,
            TakenCount = states.Count(state => state == EdgeState.Taken),
            DeadCount = states.Count(state => state == EdgeState.Dead),
        };
    }

    private static EdgeState StateOf(PlanEdge edge, NodeRunState parent) =>
        parent.Status == RunStatus.Completed || (edge.AtFirstBatch && parent.Accepted.Count > 0) ? EdgeState.Taken : EdgeState.Open;
}
