using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How the events of scattered nodes change a run's state.</summary>
internal static class ScatterFold
{
    /// <summary>Adds tasks: ready ones when the node is open and its window has room, in their order.</summary>
    public static GraphRunState Grow(GraphRunState state, NodeGrown grown)
    {
        var node = state.Nodes[grown.Node];
        var ready = node.Opened ? Math.Clamp(Room(state, grown.Node), 0, grown.Count) : 0;
        return GraphRunFold.With(state, grown.Node, node with
        {
            Tasks = node.Tasks.Add(LeaseDecider.Apply(TaskLease.Pending, new TaskReadied(grown.AtUtc)), ready).Add(TaskLease.Pending, grown.Count - ready),
            Items = node.Items.AddRange(grown.Items),
            OfferedCount = node.OfferedCount + ready,
        });
    }

    public static GraphRunState CancelRest(GraphRunState state, NodeRestCancelled rest)
    {
        var node = state.Nodes[rest.Node];
        var cancel = new TaskCancelled(rest.AtUtc, rest.Reason);
        var active = state.Active.ToBuilder();
        for (var index = 0; index < node.Tasks.Count; index++)
        {
            active.Remove(new TaskSlot(rest.Node, index));
        }

        return GraphRunFold.With(state with { Active = active.ToImmutable() }, rest.Node, node with
        {
            Tasks = node.Tasks.Map(task => task.IsTerminal ? task : LeaseDecider.Apply(task, cancel)),
        });
    }

    private static int InHand(NodeTasks tasks) =>
        tasks.CountOf(FlowTaskStatus.Ready) + tasks.CountOf(FlowTaskStatus.Leased) + tasks.CountOf(FlowTaskStatus.BackingOff);

    /// <summary>How many more tasks of an open node may be made ready.</summary>
    public static int Room(GraphRunState state, int node)
    {
        var open = state.Nodes[node];
        return state.Plan!.Nodes[node].Window is { } window ? window - InHand(open.Tasks) : int.MaxValue;
    }
}
