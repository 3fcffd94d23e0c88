using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How a run goes on after its end, and how nodes begin anew. The one way out of an end, and only people take it.</summary>
/// <remarks>
/// What completed stays as it is. Epochs go on growing, so that whatever an attempt of before still sends is refused as ever. A node that goes on
/// keeps its accepted batches and gets its retries back; one that begins anew keeps only the epochs of its tasks.
/// </remarks>
internal static class RunReopening
{
    /// <summary>The nodes that begin anew: <paramref name="node"/> with all that follows from it, and what a node that goes on could not read to its end.</summary>
    public static ImmutableSortedSet<int> Again(GraphRunState state, int? node)
    {
        var again = new SortedSet<int>();
        var open = new Queue<int>();
        if (node is { } first)
        {
            open.Enqueue(first);
        }

        if (state.IsTerminal)
        {
            for (var child = 0; child < state.Nodes.Count; child++)
            {
                if (GoesOn(state.Nodes[child]))
                {
                    CutOffParents(state, child).ForEach(open.Enqueue);
                }
            }
        }

        while (open.TryDequeue(out var next))
        {
            if (again.Add(next))
            {
                foreach (var exit in state.Plan!.Nodes[next].Exits)
                {
                    open.Enqueue(exit.Child);
                }
            }
        }

        return [.. again];
    }

    public static GraphRunState Apply(GraphRunState state, RunReopened reopened)
    {
        PersistentArray<NodeRunState> after =
        [
            .. state.Nodes.Select((node, index) =>
                index >= state.Plan!.RegularCount ? new NodeRunState { Edges = PersistentArray.Repeat(EdgeState.Open, 1), Tasks = NodeTasks.Repeat(TaskLease.Pending, 1) }
                : reopened.Again.Contains(index) ? Anew(state, index, reopened)
                : state.IsTerminal && GoesOn(node) ? GoOn(state, index, reopened)
                : node),
        ];
        var plan = state.Plan!;
        return state with
        {
            Status = !state.IsTerminal ? state.Status : state.StartedUtc is null ? RunStatus.Pending : RunStatus.Running,
            EndedUtc = null,
            Failure = null,
            FailedNode = null,
            CancelReason = null,
            CancelGrace = null,
            IsPaused = state.IsPaused && !state.IsTerminal,
            ReopenedUtc = state.IsTerminal ? reopened.AtUtc : state.ReopenedUtc,
            Nodes = after,
            Active = state.Active.Except(state.Active.Where(slot => reopened.Again.Contains(slot.Node))),
            OpenGates = [.. Enumerable.Range(0, after.Count).Where(node => plan.Nodes[node].Gate is not null && IsOpenGate(after[node]))],
            Remaking = [.. Enumerable.Range(0, after.Count).Where(node => IsRemaking(after[node]))],
            EndedCount = after.Count(node => node.IsTerminal),
        };
    }

    /// <summary>A node that the run's end ended. One with a failure of its own had ended before, and the run had found another way.</summary>
    private static bool GoesOn(NodeRunState node) => node is { Status: RunStatus.Failed or RunStatus.Cancelled, Failure: null };

    /// <summary>Whether a node has batches to make again.</summary>
    public static bool IsRemaking(NodeRunState node) => !node.IsTerminal && node.Tasks.Any(task => task.IsBeingRemade);

    private static bool IsOpenGate(NodeRunState node) => node is { Opened: true, IsTerminal: false, Tasks: [{ IsTerminal: false }] };

    /// <summary>Parents that failed while a node was reading from them: without them it would read half and call it whole.</summary>
    private static List<int> CutOffParents(GraphRunState state, int child)
    {
        var plan = state.Plan!.Nodes[child];
        return plan.TakesFailureAsEnd ? [] :
        [
            .. plan.Edges
                .Where((edge, number) => edge.On == EdgeCondition.Success && state.Nodes[child].Edges[number] == EdgeState.Taken
                    && state.Nodes[edge.Parent] is { Status: RunStatus.Failed, Failure: not null })
                .Select(edge => edge.Parent),
        ];
    }

    private static NodeRunState GoOn(GraphRunState state, int index, RunReopened reopened)
    {
        var node = state.Nodes[index];

        // A function runs in the step that opens its node.
        var isOpen = node.Opened && state.Plan!.Nodes[index].Function is null;
        var status = node.StartedUtc is null ? RunStatus.Pending : RunStatus.Running;
        var window = state.Plan!.Nodes[index].Window;
        var offered = isOpen ? OfferedOf(node, window) : 0;
        return node with
        {
            Status = status,
            Opened = isOpen,
            OpenedUtc = isOpen ? reopened.AtUtc : null,
            EndedUtc = null,
            Past = RunHistory.Past(state, index, status, reopened.AtUtc, reopened.Reason),
            OfferedCount = offered,
            Tasks = window is null
                ? node.Tasks.Map(task => task.Status == FlowTaskStatus.Completed ? task : GoOn(task, isOpen, reopened.AtUtc))
                : [.. node.Tasks.Select((task, number) => task.Status == FlowTaskStatus.Completed ? task : GoOn(task, number < offered, reopened.AtUtc))],
        };
    }

    /// <summary>How far the tasks of a node are made ready when it goes on: to as many that have not completed as its window allows.</summary>
    private static int OfferedOf(NodeRunState node, int? window)
    {
        var (offered, room) = (0, window ?? int.MaxValue);
        while (offered < node.Tasks.Count && (room > 0 || node.Tasks[offered].Status == FlowTaskStatus.Completed))
        {
            room -= node.Tasks[offered++].Status == FlowTaskStatus.Completed ? 0 : 1;
        }

        return offered;
    }

    private static TaskLease GoOn(TaskLease task, bool isOpen, DateTimeOffset atUtc)
    {
        var waiting = task.Epoch == 0 ? TaskLease.Pending : task with
        {
            Status = FlowTaskStatus.Pending, Holder = null, ReadyUtc = null, RetriesSpent = 0, Takeovers = 0, Failure = null, Progress = 0,
        };
        return isOpen ? LeaseDecider.Apply(waiting, new TaskReadied(atUtc)) : waiting;
    }

    private static NodeRunState Anew(GraphRunState state, int index, RunReopened reopened)
    {
        var node = state.Nodes[index];
        var ways = state.Plan!.Nodes[index].Edges;
        var edges = node.Edges;
        for (var edge = 0; edge < ways.Length; edge++)
        {
            // One that came too late for the node's last life is looked at again: its parent may have ended since.
            edges = edges[edge] == EdgeState.Late || reopened.Again.Contains(ways[edge].Parent) ? edges.SetItem(edge, EdgeState.Open) : edges;
        }

        return new NodeRunState
        {
            Edges = edges,
            TakenCount = edges.Count(edge => edge == EdgeState.Taken),
            DeadCount = edges.Count(edge => edge == EdgeState.Dead),
            Reruns = node.Reruns + 1,
            Items = node.Items,
            Past = RunHistory.Past(state, index, RunStatus.Pending, reopened.AtUtc, reopened.Reason),
            Tasks = node.Tasks.Map(task => task.Epoch == 0 && task.Batches.IsEmpty ? TaskLease.Pending : TaskLease.Pending with
            {
                // Batches that were taken from another run have no epoch: they count no more once there is one.
                Epoch = Math.Max(1, task.Epoch), BaseEpoch = Math.Max(1, task.Epoch), Attempt = task.Attempt, LastWorker = task.LastWorker,
            }),
        };
    }
}
