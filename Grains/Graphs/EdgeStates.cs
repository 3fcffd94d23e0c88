using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of what became of a node's edges: a letter each, <c>o</c>pen, <c>t</c>aken, <c>d</c>ead, <c>l</c>ate.</summary>
/// <remarks>
/// What follows from how the parents ended is not stored: a node with a hundred thousand parents would be written again whenever one ends. So
/// <c>o</c> also stands for an edge that follows its parent while the node has not opened, and a node whose edges all follow has no text at all.
/// </remarks>
internal static class EdgeStates
{
    private const string Letters = "otdl";

    /// <summary>Null when there is nothing to say.</summary>
    public static string? ToText(PlanNode plan, NodeRunState node)
    {
        if (plan.EdgesFollowParents || node.Edges.All(edge => edge == EdgeState.Open))
        {
            return null;
        }

        var text = string.Create(node.Edges.Count, (plan, node), static (letters, state) =>
        {
            for (var edge = 0; edge < letters.Length; edge++)
            {
                var follows = !state.node.Opened && state.plan.Edges[edge].FollowsParent;
                letters[edge] = Letters[follows ? 0 : (int)state.node.Edges[edge]];
            }
        });
        return text.AsSpan().ContainsAnyExcept(Letters[0]) ? text : null;
    }

    /// <summary>What the text says; none for null.</summary>
    /// <exception cref="FormatException">Another letter.</exception>
    public static PersistentArray<EdgeState> Parse(string? text) => text is null ? [] :
    [
        .. text.Select(letter => Letters.IndexOf(letter, StringComparison.Ordinal) is >= 0 and var state
            ? (EdgeState)state
            : throw new FormatException($"'{letter}' is no state of an edge; known: {Letters}.")),
    ];

    /// <summary>The node with its edges, those that were not stored by how its parents ended.</summary>
    public static NodeRunState Complete(GraphPlan plan, IReadOnlyList<NodeRunState> nodes, int index)
    {
        var (edges, node) = (plan.Nodes[index].Edges, nodes[index]);
        if (plan.Nodes[index].Compensation is not null)
        {
            // The way to a node that undoes another is taken when it opens.
            return node with { Edges = PersistentArray.Repeat(node.Opened ? EdgeState.Taken : EdgeState.Open, edges.Length), TakenCount = node.Opened ? edges.Length : 0 };
        }

        var stored = node.Edges;
        PersistentArray<EdgeState> states =
        [
            .. edges.Select((edge, number) =>
                stored.Count != edges.Length ? StateOf(edge, nodes[edge.Parent])
                : stored[number] == EdgeState.Open && edge.FollowsParent && !node.Opened ? StateOf(edge, nodes[edge.Parent])
                : stored[number]),
        ];
        return node with
        {
            Edges = states,
            TakenCount = states.Count(state => state == EdgeState.Taken),
            DeadCount = states.Count(state => state == EdgeState.Dead),
        };
    }

    /// <remarks>A parent that makes lost batches again had completed before: it had an end, and has none now.</remarks>
    private static EdgeState StateOf(PlanEdge edge, NodeRunState parent) => (parent is { IsTerminal: false, EndedOrder: > 0 } ? RunStatus.Completed : parent.Status) switch
    {
        // With a condition: rows of versions that had none.
        RunStatus.Completed => edge.On == EdgeCondition.Failure ? EdgeState.Dead : EdgeState.Taken,
        RunStatus.Failed when edge.FollowsParent => edge.On == EdgeCondition.Success ? EdgeState.Dead : EdgeState.Taken,
        RunStatus.Skipped or RunStatus.Cancelled when edge.FollowsParent => EdgeState.Dead,
        _ => edge.AtFirstBatch && parent.Accepted.Count > 0 ? EdgeState.Taken : EdgeState.Open,
    };
}
