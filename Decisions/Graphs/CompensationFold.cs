using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How a run that undoes its nodes changes.</summary>
internal static class CompensationFold
{
    /// <summary>Everything that had not ended is cancelled; the nodes that undo others wait for their turn. Also applied to a run that was read from storage.</summary>
    public static GraphRunState Begin(GraphRunState state, RunCompensating begun)
    {
        var plan = state.Plan!;
        return state with
        {
            Status = RunStatus.Compensating,
            CompensatingUtc = begun.AtUtc,
            Failure = begun.Failure,
            FailedNode = begun.Node,
            CancelReason = begun.Outcome == RunStatus.Cancelled ? begun.Reason : null,
            CancelGrace = begun.Grace,
            Active = [.. state.Active.Where(slot => slot.Node >= plan.RegularCount)],
            OpenGates = [],
            Remaking = [],
            Nodes = GraphRunFold.Cancel(state, begun.AtUtc, begun.Reason, begun.Node, plan.RegularCount),
            EndedCount = plan.RegularCount + Undoing(state).Count(node => state.Nodes[node].IsTerminal),
            ToCompensate = [.. Undoing(state).Where(node => IsNeeded(state, node, begun.Outcome)).OrderBy(node => state.Nodes[plan.Nodes[node].Compensation!.Node].EndedOrder)],
            Compensating = Undoing(state).Where(node => state.Nodes[node] is { Opened: true, IsTerminal: false }).Select(node => (int?)node).FirstOrDefault(),
        };
    }

    public static GraphRunState Open(GraphRunState state, int node) => state.Plan!.Nodes[node].Compensation is null ? state : state with
    {
        ToCompensate = state.ToCompensate.RemoveAt(state.ToCompensate.Count - 1),
        Compensating = node,
    };

    /// <summary>Whether a run that ends so has anything to undo.</summary>
    public static bool IsNeeded(GraphRunState state, RunStatus outcome) => Undoing(state).Any(node => IsNeeded(state, node, outcome));

    private static bool IsNeeded(GraphRunState state, int node, RunStatus outcome) =>
        state.Plan!.Nodes[node].Compensation is { } compensation
        && (outcome == RunStatus.Failed || compensation.OnCancel)
        && state.Nodes[compensation.Node].Status == RunStatus.Completed
        && state.Nodes[node] is { Opened: false, IsTerminal: false };

    private static IEnumerable<int> Undoing(GraphRunState state) => Enumerable.Range(state.Plan!.RegularCount, state.Nodes.Count - state.Plan.RegularCount);
}
