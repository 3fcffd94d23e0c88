using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How each event changes a run's state.</summary>
internal static class GraphRunFold
{
    /// <summary>The edges of a node that all were taken, by their number; shared by all nodes of all runs.</summary>
    private static readonly PersistentArray<EdgeState>[] AllTaken = [.. Enumerable.Range(0, 33).Select(count => PersistentArray.Repeat(EdgeState.Taken, count))];

    /// <summary>A task of a node that was skipped.</summary>
    public static readonly TaskLease Skipped = LeaseDecider.Apply(TaskLease.Pending, new TaskCancelled(default, "skipped"));

    public static GraphRunState Submit(GraphRunState state, RunSubmitted submitted)
    {
        // Nodes of one shape are one object until something happens to them.
        var shapes = new Dictionary<(int Edges, int Tasks), NodeRunState>();
        return new GraphRunState
        {
            EpochFloor = state.EpochFloor,
            LeaseRules = state.LeaseRules,
            Plan = submitted.Plan,
            RunId = submitted.RunId,
            SubmittedUtc = submitted.AtUtc,
            Variables = submitted.Plan.Variables,
            Nodes = [.. submitted.Plan.Nodes.Select(NodeOf)],
        };

        NodeRunState NodeOf(PlanNode node)
        {
            var tasks = node.Foreach is null ? node.TaskCount : 0;
            if (!shapes.TryGetValue((node.Edges.Length, tasks), out var shape))
            {
                shape = new NodeRunState
                {
                    Edges = PersistentArray.Repeat(EdgeState.Open, node.Edges.Length),
                    Tasks = NodeTasks.Repeat(TaskLease.Pending, tasks),
                };
                shapes.Add((node.Edges.Length, tasks), shape);
            }

            return shape;
        }
    }

    public static GraphRunState SettleEdge(GraphRunState state, EdgeSettled settled)
    {
        var node = state.Nodes[settled.Node];
        return With(state, settled.Node, node with
        {
            Edges = node.Edges.SetItem(settled.Edge, settled.IsTaken ? EdgeState.Taken : EdgeState.Dead),
            TakenCount = node.TakenCount + (settled.IsTaken ? 1 : 0),
            DeadCount = node.DeadCount + (settled.IsTaken ? 0 : 1),
        });
    }

    public static GraphRunState Open(GraphRunState state, NodeOpened opened)
    {
        var node = state.Nodes[opened.Node];
        var ready = new TaskReadied(opened.AtUtc);
        var fresh = LeaseDecider.Apply(TaskLease.Pending, ready);
        var window = Math.Max(node.OfferedCount, state.Plan!.Nodes[opened.Node].Window ?? int.MaxValue);
        state = state.Plan!.Nodes[opened.Node].Gate is null ? state : state with { OpenGates = state.OpenGates.Add(opened.Node) };
        return With(state, opened.Node, node with
        {
            Opened = true,
            OpenedUtc = opened.AtUtc,
            Edges = Close(node, state.Plan!.Nodes[opened.Node].Edges),
            OfferedCount = Math.Min(window, node.Tasks.Count),
            Tasks = window < node.Tasks.Count
                ? [.. node.Tasks.Select((task, index) => index < window ? MakeReady(task) : task)]
                : node.Tasks.Map(MakeReady),
        });

        TaskLease MakeReady(TaskLease task) =>
            ReferenceEquals(task, TaskLease.Pending) ? fresh : task is { Status: FlowTaskStatus.Pending, Epoch: 0 } ? LeaseDecider.Apply(task, ready) : task;
    }

    public static GraphRunState FailNode(GraphRunState state, NodeFailed failed)
    {
        var node = state.Nodes[failed.Node];
        var cancel = new TaskCancelled(failed.AtUtc, failed.Failure.Reason);
        return With(state, failed.Node, node with
        {
            Status = RunStatus.Failed,
            EndedUtc = failed.AtUtc,
            Failure = failed.Failure,
            Tasks = node.Tasks.Map(task => task.IsTerminal ? task : LeaseDecider.Apply(task, cancel)),
        }) with
        {
            Active = state.Active.Except(Enumerable.Range(0, node.Tasks.Count).Select(index => new TaskSlot(failed.Node, index))),
        };
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
            Tasks = node.Tasks.Map(task => task is { Status: FlowTaskStatus.Ready, Epoch: 0 } ? TaskLease.Pending : task),
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

        var tasks = node.Tasks.SetItem(slot.Index, after);
        if (tasks.Count == 1 && after.Status == FlowTaskStatus.Completed)
        {
            // A hundred thousand nodes whose one task completed alike share what says so.
            if (state.LastCompleted is { } alike && alike[0] == after)
            {
                tasks = alike;
            }
            else
            {
                state = state with { LastCompleted = tasks };
            }
        }

        node = node with { Tasks = tasks };
        switch (change)
        {
            case LeaseGranted:
                node = node with { StartedUtc = node.StartedUtc ?? changed.AtUtc };
                break;
            case BatchAccepted accepted:
                node = node with
                {
                    Output = new NodeOutput
                    {
                        Accepted = node.Accepted.Add(new AcceptedRef(slot.Index, accepted.Index, accepted.Batch.Sequence)),
                        Rows = node.Rows + accepted.Batch.Rows,
                        Bytes = node.Bytes + accepted.Batch.Bytes,
                        Metrics = MetricSums.Sum(node.Metrics, accepted.Metrics),
                        MetricCounts = MetricSums.Count(node.MetricCounts, accepted.Metrics),
                    },
                };
                state = state with { AcceptedCount = state.AcceptedCount + 1 };
                break;
            case BatchRemade remade:
                // It is kept as a batch of its own, and so counts as one.
                node = node with { Bytes = node.Bytes + remade.Batch.Bytes - before.Batches[remade.Index].Bytes };
                state = state with { AcceptedCount = state.AcceptedCount + 1 };
                break;
            case TaskRemade:
                state = state with { Remaking = state.Remaking.Add(slot.Node) };
                break;
            case TaskReadied:
                node = node with { OfferedCount = Math.Max(node.OfferedCount, slot.Index + 1) };
                break;
            case TaskCompleted { Metrics.IsEmpty: false } completed:
                node = node with
                {
                    Metrics = MetricSums.Sum(node.Metrics, completed.Metrics),
                    MetricCounts = MetricSums.Count(node.MetricCounts, completed.Metrics),
                };
                break;
        }

        if (after.IsTerminal && state.Plan!.Nodes[slot.Node].Gate is not null)
        {
            // Answered: the node itself may still wait for the end of its input.
            state = state with { OpenGates = state.OpenGates.Remove(slot.Node) };
        }

        if (before.IsBeingRemade && !after.IsBeingRemade && !node.Tasks.Any(task => task.IsBeingRemade))
        {
            state = state with { Remaking = state.Remaking.Remove(slot.Node) };
        }

        var active = after.Status is FlowTaskStatus.Leased or FlowTaskStatus.BackingOff ? state.Active.Add(slot) : state.Active.Remove(slot);
        return With(ReferenceEquals(active, state.Active) ? state : state with { Active = active }, slot.Node, node);
    }

    /// <summary>Of a node that is skipped, tasks that had a lease, in an earlier life of the node, are cancelled by events of their own.</summary>
    public static GraphRunState ChangeNode(GraphRunState state, NodeStatusChanged changed)
    {
        var node = state.Nodes[changed.Node];
        return With(state, changed.Node, node with
        {
            Status = changed.Status,
            EndedUtc = GraphRunState.IsEnd(changed.Status) ? changed.AtUtc : null,
            Past = changed.Reason is { } reason ? RunHistory.Past(state, changed.Node, changed.Status, changed.AtUtc, reason) : node.Past,
            Tasks = changed.Status != RunStatus.Skipped ? node.Tasks
                : node.Reruns == 0 && !node.IsHeldBack ? NodeTasks.Repeat(Skipped, node.Tasks.Count) : node.Tasks.Map(task => task.Epoch == 0 ? Skipped : task),
        });
    }

    public static GraphRunState Abort(GraphRunState state, RunAborted aborted)
    {
        return state with
        {
            Status = aborted.Status,
            EndedUtc = aborted.AtUtc,
            Failure = aborted.Failure,
            FailedNode = aborted.Node,
            CancelReason = aborted.Status == RunStatus.Cancelled ? aborted.Reason : null,
            CancelGrace = aborted.Grace,
            Active = [],
            OpenGates = [],
            Remaking = [],
            EndedCount = state.Nodes.Count,
            Nodes = Cancel(state, aborted.AtUtc, aborted.Reason, aborted.Node, state.Nodes.Count),
        };
    }

    /// <summary>The nodes when a run ends early: the first <paramref name="count"/> of them that have not ended are cancelled, or failed where one of their tasks has.</summary>
    internal static PersistentArray<NodeRunState> Cancel(GraphRunState state, DateTimeOffset atUtc, string reason, int? failed, int count)
    {
        var cancel = new TaskCancelled(atUtc, reason);
        var pending = LeaseDecider.Apply(TaskLease.Pending, cancel);

        // Nodes that are one object stay one, as long as the plan does not tell them apart.
        (NodeRunState? Before, NodeRunState? After) last = default;
        return [.. state.Nodes.Select((node, index) => index >= count || node.IsTerminal ? node : End(node, index))];

        NodeRunState End(NodeRunState node, int index)
        {
            if (index >= state.Plan!.RegularCount && !node.Opened)
            {
                return node with { Status = RunStatus.Skipped, EndedUtc = atUtc, Tasks = NodeTasks.Repeat(Skipped, node.Tasks.Count) };
            }

            if (node.FailedCount == 0 && index != failed && ReferenceEquals(node, last.Before))
            {
                return last.After!;
            }

            var after = node with
            {
                Status = index == failed || (node.FailedCount > 0 && state.Plan.Nodes[index].Foreach?.Needed is null) ? RunStatus.Failed : RunStatus.Cancelled,
                EndedUtc = atUtc,
                Tasks = node.Tasks.Map(task => task.IsTerminal ? task : ReferenceEquals(task, TaskLease.Pending) ? pending : LeaseDecider.Apply(task, cancel)),
            };
            last = index == failed ? default : (node, after);
            return after;
        }
    }

    /// <summary>Ways whose parent had to end first come too late for a node that opens without them.</summary>
    private static PersistentArray<EdgeState> Close(NodeRunState node, ImmutableArray<PlanEdge> edges)
    {
        if (node.TakenCount == edges.Length && edges.Length < AllTaken.Length)
        {
            return AllTaken[edges.Length];
        }

        if (node.TakenCount + node.DeadCount == edges.Length)
        {
            return node.Edges;
        }

        return [.. node.Edges.Select((state, edge) => state == EdgeState.Open && !edges[edge].AtFirstBatch ? EdgeState.Late : state)];
    }

    internal static GraphRunState With(GraphRunState state, int index, NodeRunState node) => state with
    {
        Nodes = state.Nodes.SetItem(index, node is { IsTerminal: true, EndedOrder: 0 } ? node with { EndedOrder = state.Version + 1 } : node),
        Compensating = node.IsTerminal && state.Compensating == index ? null : state.Compensating,
        OpenGates = node.IsTerminal ? state.OpenGates.Remove(index) : state.OpenGates,
        Remaking = node.IsTerminal ? state.Remaking.Remove(index) : state.Remaking,
        EndedCount = state.EndedCount + (node.IsTerminal ? 1 : 0) - (state.Nodes[index].IsTerminal ? 1 : 0),
    };
}
