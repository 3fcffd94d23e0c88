using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>All of one run that decisions need, as a value. No user type: payloads are opaque.</summary>
/// <remarks>Only the decider makes one, by applying events; nothing changes in it afterwards.</remarks>
public sealed record WorkflowRunState
{
    internal WorkflowRunState(CompiledWorkflow workflow)
    {
        Workflow = workflow;
        LiveAt = new NodeCounts(workflow.Nodes.Length);
        Visits = LiveAt;
    }

    /// <summary>The definition that the run began with.</summary>
    public CompiledWorkflow Workflow { get; internal set; }

    /// <summary>The run's id; empty before it has begun.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>Where the run stands.</summary>
    public WorkflowRunStatus Status { get; internal set; }

    /// <summary>Why it failed.</summary>
    public string? Failure { get; internal set; }

    /// <summary>The kind of its failure.</summary>
    public FlowErrorCode? FailureCode { get; internal set; }

    /// <summary>Why it was cancelled or terminated, or is paused.</summary>
    public string? Reason { get; internal set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedUtc { get; internal set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedUtc { get; internal set; }

    /// <summary>When it has to have ended.</summary>
    public DateTimeOffset? DeadlineUtc { get; internal set; }

    /// <summary>By which a repeated start is recognised.</summary>
    public string? IdempotencyKey { get; internal set; }

    /// <summary>The run that is told of the end.</summary>
    public string? ParentRun { get; internal set; }

    /// <summary>What it can be found by.</summary>
    public ImmutableSortedDictionary<string, string> Attributes { get; internal set; } = RunAttributes.None;

    /// <summary>How many events it has had: the place of the next one in its log.</summary>
    public long Position { get; internal set; }

    /// <summary>Where its log begins. Once a snapshot is stored that is not older, events before this are needed by nobody.</summary>
    public long LogStart { get; internal set; }

    /// <summary>The newest order by which the parent started the run or attached to it; 0 for none.</summary>
    public long ParentOrder { get; internal set; }

    /// <summary>How often the run has begun again: continued as new, or by its parent after it had failed.</summary>
    public long Link { get; internal set; }

    /// <summary>How failed steps are repeated where neither node nor worker says.</summary>
    public StepRetryPolicy DefaultRetry { get; internal set; } = StepRetryPolicy.Default;

    /// <summary>The items that are not done, by id.</summary>
    public ImmutableSortedDictionary<long, WorkItem> Items { get; internal set; } = ImmutableSortedDictionary<long, WorkItem>.Empty;

    /// <summary>Ids of the items that a worker may take, the oldest first.</summary>
    public ImmutableSortedSet<long> Pending { get; internal set; } = [];

    /// <summary>Items that go on by themselves, the earliest first.</summary>
    public ImmutableSortedSet<(long DueTicks, long Item)> Due { get; internal set; } = [];

    /// <summary>Items that wait for a signal, by its name, the oldest first.</summary>
    public ImmutableSortedSet<(string Signal, long Item)> Awaiting { get; internal set; } = NoneAwaiting;

    /// <summary>Above the highest lane of an item in progress.</summary>
    public int LaneTop { get; internal set; }

    /// <summary>Lanes below <see cref="LaneTop"/> that no item in progress has.</summary>
    public ImmutableSortedSet<int> FreeLanes { get; internal set; } = [];

    /// <summary>By node, how many items are not done.</summary>
    public NodeCounts LiveAt { get; internal set; }

    /// <summary>By node, how many items there were.</summary>
    public NodeCounts Visits { get; internal set; }

    /// <summary>By join node, the item that collects.</summary>
    public ImmutableSortedDictionary<int, long> OpenJoins { get; internal set; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Join nodes that have gone on and drop what still comes.</summary>
    public ImmutableSortedSet<int> ClosedJoins { get; internal set; } = [];

    /// <summary>Id of the newest item.</summary>
    public long LastItem { get; internal set; }

    /// <summary>The highest epoch of any lease.</summary>
    public long EpochTop { get; internal set; }

    /// <summary>The context as it was at <see cref="SnapshotVersion"/>.</summary>
    public Payload Snapshot { get; internal set; }

    /// <summary>How many deltas the snapshot holds.</summary>
    public long SnapshotVersion { get; internal set; }

    /// <summary>The deltas after the snapshot, in the order of their commits.</summary>
    public ImmutableList<Payload> Deltas { get; internal set; } = [];

    /// <summary>The outputs, as the definition's rule keeps them.</summary>
    public ImmutableList<Payload> Outputs { get; internal set; } = [];

    /// <summary>Signals that came before anybody waited for them, by name, the oldest first.</summary>
    public ImmutableSortedDictionary<string, ImmutableQueue<Payload>> Signals { get; internal set; } =
        ImmutableSortedDictionary.Create<string, ImmutableQueue<Payload>>(StringComparer.Ordinal);

    /// <summary>How many signals wait.</summary>
    public int SignalCount { get; internal set; }

    /// <summary>Ids of the newest signals that had one.</summary>
    public RecentIds SignalIds { get; internal set; } = RecentIds.Empty;

    /// <summary>Children that have not ended and that matter, by run id.</summary>
    public ImmutableSortedDictionary<string, ChildRun> Children { get; internal set; } = ImmutableSortedDictionary.Create<string, ChildRun>(StringComparer.Ordinal);

    /// <summary>What the run owes to other runs, by number. To be carried out also after its end.</summary>
    public ImmutableSortedDictionary<long, RunOrder> Owed { get; internal set; } = ImmutableSortedDictionary<long, RunOrder>.Empty;

    /// <summary>Number of the newest order.</summary>
    public long LastOrder { get; internal set; }

    /// <summary>Updates that are to be answered, by id, with their item.</summary>
    public ImmutableSortedDictionary<string, long> OpenUpdates { get; internal set; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>The newest updates that were answered, the oldest first.</summary>
    public ImmutableList<UpdateResult> Updates { get; internal set; } = [];

    /// <summary>What a failed run had not done; <see langword="null"/> when it cannot be reopened.</summary>
    public LeftWork? Left { get; internal set; }

    /// <summary>What was done.</summary>
    public RunCounters Counters { get; internal set; } = new();

    /// <summary>The newest attempts that failed, the oldest first; all are in the history.</summary>
    public ImmutableList<StepError> Errors { get; internal set; } = [];

    /// <summary>Version of the context: the snapshot and all deltas. Never falls, and no two contexts of a run have the same.</summary>
    public long ContextVersion => SnapshotVersion + Deltas.Count;

    /// <summary>When something happens by itself next: a wait ends, or the run's time is up. In a paused run only the latter.</summary>
    public DateTimeOffset? NextDueUtc
    {
        get
        {
            if (Status != WorkflowRunStatus.Running)
            {
                return Status == WorkflowRunStatus.Paused ? DeadlineUtc : null;
            }

            if (Due.IsEmpty)
            {
                return DeadlineUtc;
            }

            var due = new DateTimeOffset(Due.Min.DueTicks, TimeSpan.Zero);
            return DeadlineUtc < due ? DeadlineUtc : due;
        }
    }

    /// <summary>What is owed and can be done now, side by side: of what concerns one child only the oldest, so that none is cancelled before it was started.</summary>
    /// <param name="most">Most orders.</param>
    public IReadOnlyList<RunOrder> DueOrders(int most)
    {
        var due = new List<RunOrder>(Math.Min(most, Owed.Count));
        var children = new HashSet<string>(StringComparer.Ordinal);
        foreach (var order in Owed.Values)
        {
            if (due.Count == most)
            {
                break;
            }

            if (order is RunOrder.TellParent || children.Add(order is RunOrder.StartChild start ? start.Child : ((RunOrder.CancelChild)order).Child))
            {
                due.Add(order);
            }
        }

        return due;
    }

    /// <summary>True once the status cannot change by itself any more.</summary>
    public bool IsFinal => Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled;

    internal static ImmutableSortedSet<(string Signal, long Item)> NoneAwaiting { get; } = ImmutableSortedSet.Create<(string Signal, long Item)>(
        Comparer<(string Signal, long Item)>.Create((left, right) =>
            string.CompareOrdinal(left.Signal, right.Signal) is not 0 and var order ? order : left.Item.CompareTo(right.Item)));

    /// <summary>A run that has not begun.</summary>
    /// <param name="workflow">The definition that it is to begin with.</param>
    public static WorkflowRunState None(CompiledWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return new(workflow);
    }
}
