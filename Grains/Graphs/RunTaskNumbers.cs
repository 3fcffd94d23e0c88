using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Counts a run's tasks through all its nodes, so that segments are full however many nodes there are.</summary>
internal sealed class RunTaskNumbers
{
    /// <summary>No plan is known yet.</summary>
    public static readonly RunTaskNumbers None = new([0]);

    private readonly int[] _starts;
    private readonly GraphPlan? _plan;

    public RunTaskNumbers(GraphPlan plan)
        : this(Starts(plan)) => _plan = plan;

    private RunTaskNumbers(int[] starts) => _starts = starts;

    /// <summary>Tasks in all.</summary>
    public int Count => _starts[^1];

    /// <summary>Nodes in all.</summary>
    public int NodeCount => _starts.Length - 1;

    public bool IsEmpty => _starts.Length == 1;

    public int Of(TaskSlot slot) => _starts[slot.Node] + slot.Index;

    /// <summary>The task of a number.</summary>
    public TaskSlot SlotOf(int number)
    {
        var node = NodeOf(number);
        return new TaskSlot(node, number - _starts[node]);
    }

    /// <summary>Number of a node's first task, and how many it has.</summary>
    public (int First, int Count) RangeOf(int node) => (_starts[node], _starts[node + 1] - _starts[node]);

    /// <summary>The stored form of a segment of tasks.</summary>
    public RunTasksRow RowOf(GraphRunState state, int segment)
    {
        var row = new RunTasksRow();
        var first = segment * RunTasksRow.Size;
        var node = NodeOf(first);
        (NodeRunState? Node, TaskLease Lease) untouched = default;
        for (var number = first; number < first + RunTasksRow.Size && number < Count; number++)
        {
            while (number >= _starts[node + 1])
            {
                node++;
            }

            var (owner, index) = (state.Nodes[node], number - _starts[node]);
            if (index >= owner.Tasks.Count)
            {
                row.Tasks.Add(null);
                continue;
            }

            if (!ReferenceEquals(owner, untouched.Node))
            {
                untouched = (owner, Untouched(owner.Status, owner.OpenedUtc));
            }

            var (task, usual) = (owner.Tasks[index], IsOffered(node, index, owner.Status) ? untouched.Lease! : TaskLease.Pending);
            row.Tasks.Add(task.Status == usual.Status && Equals(task, usual) ? null : TaskLeaseRow.Of(task, withBatches: false));
            row.Format = task.Remake is null ? row.Format : RunTasksRow.WithRemakes;
        }

        return row;
    }

    /// <summary>The nodes that the segments describe; what has no row is as the submission left it.</summary>
    public IReadOnlyList<NodeRunState> ToNodes(
        DateTimeOffset submittedUtc, SortedDictionary<int, RunNodesRow> nodes, SortedDictionary<int, RunTasksRow> tasks, IReadOnlyList<RunBatchRow> batches,
        SortedDictionary<int, CheckpointRow>? checkpoints = null)
    {
        var byTask = new Dictionary<int, List<int>>();
        for (var sequence = 0; sequence < batches.Count; sequence++)
        {
            if (!byTask.TryGetValue(batches[sequence].Task, out var list))
            {
                byTask.Add(batches[sequence].Task, list = []);
            }

            list.Add(sequence);
        }

        var all = new List<NodeRunState>(_starts.Length - 1);
        var untouched = new NodeRow();
        var opened = new NodeRow { Opened = true, OpenedUtc = submittedUtc };
        (NodeRow? Row, TaskLease Lease) last = (null, TaskLease.Pending);
        for (var node = 0; node < _starts.Length - 1; node++)
        {
            var row = nodes.TryGetValue(node / RunNodesRow.Size, out var segment) ? segment.Nodes[node % RunNodesRow.Size]
                : _plan!.Nodes[node].OpensWithRun ? opened : untouched;
            var position = node;
            var count = _plan!.Nodes[node].Foreach is null ? _starts[node + 1] - _starts[node] : row.TaskCount;
            var leases = Enumerable.Range(0, count).Select(index => Lease(row, position, index));
            all.Add(row.ToNode(leases));
        }

        return all;

        TaskLease Lease(NodeRow node, int position, int index)
        {
            var number = _starts[position] + index;
            var stored = tasks.TryGetValue(number / RunTasksRow.Size, out var segment) ? segment.Tasks[number % RunTasksRow.Size] : null;
            if (!ReferenceEquals(node, last.Row))
            {
                last = (node, Untouched((RunStatus)node.Status, node.OpenedUtc));
            }

            var lease = stored?.ToLease() ?? (IsOffered(position, index, (RunStatus)node.Status) ? last.Lease : TaskLease.Pending);
            lease = checkpoints is not null && checkpoints.TryGetValue(number, out var row) && row.ToCheckpoint() is { } checkpoint && checkpoint.Epoch > lease.BaseEpoch ? lease with { Checkpoint = checkpoint } : lease;
            return !byTask.TryGetValue(number, out var list) ? lease
                : lease with { Batches = Standing(list, lease.BaseEpoch) };
        }

        ImmutableList<AcceptedBatch> Standing(List<int> sequences, long baseEpoch)
        {
            var standing = ImmutableList.CreateBuilder<AcceptedBatch>();
            foreach (var sequence in sequences)
            {
                var row = batches[sequence];
                if (baseEpoch > 0 && row.Epoch <= baseEpoch)
                {
                    continue;
                }

                if (row.Replaces == 0)
                {
                    standing.Add(row.ToBatch(sequence));
                }
                else
                {
                    // Made again: it has the place of the one that was lost.
                    standing[row.Replaces - 1] = row.ToBatch(standing[row.Replaces - 1].Sequence);
                }
            }

            return standing.ToImmutable();
        }
    }

    /// <summary>A task of which nothing is to be said but what its node says.</summary>
    private static TaskLease Untouched(RunStatus node, DateTimeOffset? openedUtc) =>
        node == RunStatus.Skipped ? GraphRunFold.Skipped
        : openedUtc is { } utc ? LeaseDecider.Apply(TaskLease.Pending, new TaskReadied(utc)) : TaskLease.Pending;

    /// <summary>Whether a task is made ready when its node opens; the others of a node with a window are made ready one by one.</summary>
    private bool IsOffered(int node, int index, RunStatus status) => status == RunStatus.Skipped || index < (_plan!.Nodes[node].Window ?? int.MaxValue);

    private static int[] Starts(GraphPlan plan)
    {
        var starts = new int[plan.Nodes.Length + 1];
        for (var node = 0; node < plan.Nodes.Length; node++)
        {
            starts[node + 1] = starts[node] + plan.Nodes[node].TaskCount;
        }

        return starts;
    }

    private int NodeOf(int number)
    {
        var found = Array.BinarySearch(_starts, number);
        return found >= 0 ? found : ~found - 1;
    }
}
