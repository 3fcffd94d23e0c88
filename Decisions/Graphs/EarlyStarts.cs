using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>
/// Early starts: when a node may open at a first batch, and when it has to give that up so that what it waits for gets a slot.
/// </summary>
/// <remarks>
/// A task that started early keeps its slot until its parents have completed. If such tasks hold every slot and a parent's task needs one (a
/// retry, a lost lease, or simply one more task than slots), nobody could go on. So a run whose leases are all early ones, while a task without
/// open parents waits for a slot, takes its early starts back after <see cref="Grace"/>: those leases are revoked without a retry being spent,
/// and their nodes open again once all their parents have completed.
/// Why every run then ends, whatever the graphs, the slots and the runs beside it: 1. A lease of a node without open parents needs nothing that
/// another slot would have to make, so it ends. 2. A run that has none such, but early leases, either has a task backing off, which time ends,
/// or gives its slots back. So no slot is held for ever, and each is free for a queue again and again. 3. A node is held back once at most;
/// after that the graph behaves as one that starts its nodes when they are ready.
/// </remarks>
internal static class EarlyStarts
{
    /// <summary>
    /// How long a run may stand with early leases alone. Longer than it takes to lease a task to a free slot, since an early start that is taken
    /// back does not come again.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Whether a node's input is whole: nothing is open any more, and what it reads from has ended.</summary>
    public static bool InputIsWhole(GraphRunState state, int node) => IsWhole(state, node, -1);

    /// <summary>Whether the input of a node's tasks is whole: of a parent over whose batches it is scattered each has one, which is there.</summary>
    private static bool TaskInputIsWhole(GraphRunState state, int node) => IsWhole(state, node, state.Plan!.Nodes[node].Foreach?.Edge ?? -1);

    private static bool IsWhole(GraphRunState state, int node, int except)
    {
        var edges = state.Plan!.Nodes[node].Edges;
        for (var edge = 0; edge < edges.Length; edge++)
        {
            var known = edge == except ? EdgeState.Dead : state.Nodes[node].Edges[edge];
            if (known == EdgeState.Open || (known == EdgeState.Taken && !state.Nodes[edges[edge].Parent].IsTerminal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The open nodes whose input is not whole and whose tasks have not all ended.</summary>
    public static List<int> Nodes(GraphRunState state) =>
        [.. Enumerable.Range(0, state.Nodes.Count).Where(node => HasWork(state, node) && !TaskInputIsWhole(state, node))];

    /// <summary>When to look whether the run has to take its early starts back; null when it cannot have to. O(1), for every decision.</summary>
    public static DateTimeOffset? LookUtc(GraphRunState state) =>
        state is { Plan.HasEarlyStarts: true, IsTerminal: false, IsPaused: false, Active.IsEmpty: false } ? state.ChangedUtc + Grace : null;

    /// <summary>When the run is to take its early starts back if nothing changes before; null when it need not. O(nodes), for when it is time to look.</summary>
    public static DateTimeOffset? DueUtc(GraphRunState state)
    {
        if (state.Plan is not { HasEarlyStarts: true } || state.IsTerminal || state.IsPaused)
        {
            return null;
        }

        var holdsSlot = false;
        foreach (var slot in state.Active)
        {
            if (state[slot].Status == FlowTaskStatus.Leased)
            {
                if (TaskInputIsWhole(state, slot.Node))
                {
                    return null;
                }

                holdsSlot = true;
            }
        }

        return holdsSlot && IsWaiting(state) ? state.ChangedUtc + Grace : null;
    }

    private static bool IsWaiting(GraphRunState state)
    {
        for (var node = 0; node < state.Nodes.Count; node++)
        {
            if (HasWork(state, node) && state.Nodes[node].Tasks.CountOf(FlowTaskStatus.Ready) > 0 && TaskInputIsWhole(state, node))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasWork(GraphRunState state, int node) =>
        state.Nodes[node] is { Opened: true, IsTerminal: false } open && open.CompletedCount < open.Tasks.Count;
}
