using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How each event changes a run's state.</summary>
internal static class GraphRunFold
{
    public static GraphRunState Submit(GraphRunState state, RunSubmitted submitted) => new()
    {
        EpochFloor = state.EpochFloor,
        Plan = submitted.Plan,
        RunId = submitted.RunId,
        SubmittedUtc = submitted.AtUtc,
        Nodes = [.. submitted.Plan.Nodes.Select(node => new NodeRunState { Tasks = [.. Enumerable.Repeat(TaskLease.Pending, node.TaskCount)] })],
    };

    public static GraphRunState Open(GraphRunState state, NodeOpened opened)
    {
        var node = state.Nodes[opened.Node];
        var ready = new TaskReadied(opened.AtUtc);
        return With(state, opened.Node, node with
        {
            Opened = true,
            OpenedUtc = opened.AtUtc,
            Tasks = [.. node.Tasks.Select(task => task is { Status: FlowTaskStatus.Pending, Epoch: 0 } ? LeaseDecider.Apply(task, ready) : task)],
        });
    }

    /// <summary>Tasks that had a lease are withheld by events of their own.</summary>
    public static GraphRunState HoldBack(GraphRunState state, NodeHeldBack held)
    {
        var node = state.Nodes[held.Node];
        return With(state, held.Node, node with
        {
            IsHeldBack = true,
            Opened = false,
            OpenedUtc = null,
            Tasks = [.. node.Tasks.Select(task => task is { Status: FlowTaskStatus.Ready, Epoch: 0 } ? TaskLease.Pending : task)],
        });
    }

    public static GraphRunState ChangeTask(GraphRunState state, RunTaskChanged changed)
    {
        var (slot, change) = (changed.Slot, changed.Change);
        if (change is EffectRefused)
        {
            return state with { RefusedEffects = state.RefusedEffects + 1 };
        }

        var node = state.Nodes[slot.Node];
        var before = node.Tasks[slot.Index];
        var after = LeaseDecider.Apply(before, change);
        if (ReferenceEquals(before, after))
        {
            return state;
        }

        node = node with { Tasks = node.Tasks.SetItem(slot.Index, after) };
        switch (change)
        {
            case LeaseGranted:
                node = node with { StartedUtc = node.StartedUtc ?? changed.AtUtc };
                break;
            case BatchAccepted accepted:
                node = node with
                {
                    Accepted = node.Accepted.Add(new AcceptedRef(slot.Index, accepted.Index, accepted.Batch.Sequence)),
                    Rows = node.Rows + accepted.Batch.Rows,
                    Bytes = node.Bytes + accepted.Batch.Bytes,
                    Metrics = Sum(node.Metrics, accepted.Metrics),
                };
                state = state with { AcceptedCount = state.AcceptedCount + 1 };
                break;
            case TaskCompleted completed:
                node = node with { CompletedCount = node.CompletedCount + 1, Metrics = Sum(node.Metrics, completed.Metrics) };
                break;
        }

        var active = after.Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff ? state.Active.Add(slot) : state.Active.Remove(slot);
        return With(ReferenceEquals(active, state.Active) ? state : state with { Active = active }, slot.Node, node);
    }

    public static GraphRunState ChangeNode(GraphRunState state, NodeStatusChanged changed) =>
        With(state, changed.Node, state.Nodes[changed.Node] with
        {
            Status = changed.Status, EndedUtc = GraphRunState.IsEnd(changed.Status) ? changed.AtUtc : null,
        });

    public static GraphRunState Abort(GraphRunState state, RunAborted aborted)
    {
        var cancel = new TaskCancelled(aborted.AtUtc, aborted.Reason);
        return state with
        {
            Status = aborted.Status,
            EndedUtc = aborted.AtUtc,
            Failure = aborted.Failure,
            CancelReason = aborted.Status == RunStatus.Cancelled ? aborted.Reason : null,
            Active = [],
            Nodes = [.. state.Nodes.Select(node => node.IsTerminal ? node : node with
            {
                Status = node.Tasks.Any(task => task.Status == FlowTaskStatus.Failed) ? RunStatus.Failed : RunStatus.Cancelled,
                EndedUtc = aborted.AtUtc,
                Tasks = [.. node.Tasks.Select(task => task.IsTerminal ? task : LeaseDecider.Apply(task, cancel))],
            })],
        };
    }

    private static GraphRunState With(GraphRunState state, int index, NodeRunState node) => state with { Nodes = state.Nodes.SetItem(index, node) };

    private static ImmutableSortedDictionary<string, double> Sum(
        ImmutableSortedDictionary<string, double> sums, ImmutableSortedDictionary<string, double> added)
    {
        foreach (var (name, value) in added)
        {
            sums = sums.SetItem(name, sums.GetValueOrDefault(name) + value);
        }

        return sums;
    }
}
