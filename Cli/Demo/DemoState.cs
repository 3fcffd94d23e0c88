using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Cli.Demo;

/// <summary>What the watch stream has told so far, reduced to what the demo shows and decides on. No clock, no I/O.</summary>
internal sealed class DemoState
{
    private readonly Dictionary<TaskId, TaskView> _tasks = [];
    private readonly Dictionary<string, NodeProgress> _nodes = [];
    private readonly List<Takeover> _takeovers = [];

    /// <summary>Nodes in the document's order.</summary>
    public IReadOnlyList<NodeProgress> Nodes { get; private set; } = [];

    /// <summary>Where the run stands.</summary>
    public RunStatus Status { get; private set; }

    /// <summary>Why it failed; null while it has not.</summary>
    public TaskFailure? Failure { get; private set; }

    /// <summary>Tasks whose lease ended for another reason than their own end, in the order in which it was seen.</summary>
    public IReadOnlyList<Takeover> Takeovers => _takeovers;

    /// <summary>Highest epoch seen.</summary>
    public long HighestEpoch { get; private set; }

    public long Rows => _nodes.Values.Sum(node => node.Rows);

    public long Bytes => _nodes.Values.Sum(node => node.Bytes);

    /// <summary>Tasks that a worker runs now.</summary>
    public IEnumerable<TaskView> RunningOn(WorkerId worker) =>
        _tasks.Values.Where(task => task.Status == FlowTaskStatus.Leased && task.Worker == worker);

    /// <summary>Accepted batches of a node.</summary>
    public long BatchesOf(string node) => _nodes.TryGetValue(node, out var progress) ? progress.Batches : 0;

    public void Apply(RunChange change)
    {
        switch (change)
        {
            case RunChange.Snapshot snapshot:
                Reset(snapshot.Run);
                break;
            case RunChange.TaskChanged task:
                ApplyTask(task);
                break;
            case RunChange.BatchAccepted batch when _nodes.TryGetValue(batch.Lease.TaskId.Node, out var node):
                node.Batches++;
                node.Rows += batch.Rows;
                node.Bytes += batch.Bytes;
                break;
            case RunChange.NodeChanged changed when _nodes.TryGetValue(changed.NodeId, out var node):
                node.Status = changed.Status;
                break;
            case RunChange.StatusChanged status:
                Status = status.Status;
                Failure = status.Failure;
                break;
        }
    }

    private void Reset(RunView run)
    {
        Status = run.Status;
        Failure = run.Failure;
        _tasks.Clear();
        _nodes.Clear();
        foreach (var node in run.Nodes)
        {
            _nodes[node.NodeId] = new NodeProgress(node.NodeId, node.TaskCount)
            {
                Status = node.Status, Batches = node.Batches, Rows = node.Rows, Bytes = node.Bytes,
            };
            foreach (var task in node.Tasks)
            {
                ApplyTask(new RunChange.TaskChanged(task, null) { AtUtc = default });
            }
        }

        Nodes = [.. run.Nodes.Select(node => _nodes[node.NodeId])];
    }

    private void ApplyTask(RunChange.TaskChanged change)
    {
        var task = change.Task;
        var before = _tasks.GetValueOrDefault(task.TaskId);
        _tasks[task.TaskId] = task;
        HighestEpoch = Math.Max(HighestEpoch, task.Epoch);
        if (_nodes.TryGetValue(task.TaskId.Node, out var node))
        {
            node.Completed += (task.Status == FlowTaskStatus.Completed ? 1 : 0) - (before?.Status == FlowTaskStatus.Completed ? 1 : 0);
            node.Running += (task.Status == FlowTaskStatus.Leased ? 1 : 0) - (before?.Status == FlowTaskStatus.Leased ? 1 : 0);
        }

        if (before?.Status == FlowTaskStatus.Leased && task.Status == FlowTaskStatus.Ready)
        {
            _takeovers.Add(new Takeover(task.TaskId, before.Worker, before.Epoch, change.Reason ?? "") { At = change.AtUtc });
        }
        else if (task.Status == FlowTaskStatus.Leased && _takeovers.FindLast(seen => seen.TaskId == task.TaskId && seen.NewEpoch is null) is { } open)
        {
            open.NewWorker = task.Worker;
            open.NewEpoch = task.Epoch;
            open.Gap = change.AtUtc - open.At;
        }
    }

    /// <summary>How far one node is.</summary>
    internal sealed class NodeProgress(string nodeId, int taskCount)
    {
        public string NodeId { get; } = nodeId;

        public int TaskCount { get; } = taskCount;

        public RunStatus Status { get; set; }

        public int Completed { get; set; }

        public int Running { get; set; }

        public long Batches { get; set; }

        public long Rows { get; set; }

        public long Bytes { get; set; }
    }

    /// <summary>A task that lost its worker, and who took it over.</summary>
    internal sealed class Takeover(TaskId taskId, WorkerId oldWorker, long oldEpoch, string reason)
    {
        public TaskId TaskId { get; } = taskId;

        public WorkerId OldWorker { get; } = oldWorker;

        public long OldEpoch { get; } = oldEpoch;

        public string Reason { get; } = reason;

        public DateTimeOffset At { get; init; }

        public WorkerId NewWorker { get; set; }

        public long? NewEpoch { get; set; }

        /// <summary>From ready again to leased again.</summary>
        public TimeSpan Gap { get; set; }
    }
}
