using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>All of one run that decisions need, as a value. No user type: payloads are opaque.</summary>
public sealed record WorkflowRunState
{
    /// <summary>The definition that the run began with.</summary>
    public required CompiledWorkflow Workflow { get; init; }

    /// <summary>Where the run stands.</summary>
    public WorkflowRunStatus Status { get; init; } = WorkflowRunStatus.Running;

    /// <summary>Why it failed.</summary>
    public string? Failure { get; init; }

    /// <summary>The kind of its failure.</summary>
    public FlowErrorCode? FailureCode { get; init; }

    /// <summary>How failed steps are repeated whose node does not say.</summary>
    public StepRetryPolicy DefaultRetry { get; init; } = StepRetryPolicy.Default;

    /// <summary>The items that are not done, by id.</summary>
    public ImmutableSortedDictionary<long, WorkItem> Items { get; init; } = ImmutableSortedDictionary<long, WorkItem>.Empty;

    /// <summary>Ids of the items that a worker may take, the oldest first.</summary>
    [JsonIgnore]
    public ImmutableSortedSet<long> Pending { get; init; } = [];

    /// <summary>Items that go on by themselves, the earliest first.</summary>
    [JsonIgnore]
    public ImmutableSortedSet<(long DueTicks, long Item)> Due { get; init; } = [];

    /// <summary>Lanes that items in progress have.</summary>
    [JsonIgnore]
    public ImmutableSortedSet<int> Lanes { get; init; } = [];

    /// <summary>By node, how many items are not done.</summary>
    [JsonIgnore]
    public ImmutableArray<int> LiveAt { get; init; } = [];

    /// <summary>By node, how many items there were.</summary>
    public required ImmutableArray<int> Visits { get; init; }

    /// <summary>By join node, the item that collects.</summary>
    public ImmutableSortedDictionary<int, long> OpenJoins { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Join nodes that have gone on and drop what still comes.</summary>
    public ImmutableSortedSet<int> ClosedJoins { get; init; } = [];

    /// <summary>Id of the newest item.</summary>
    public long LastItem { get; init; }

    /// <summary>The context as it was at <see cref="SnapshotVersion"/>.</summary>
    public required Payload Snapshot { get; init; }

    /// <summary>How many deltas the snapshot holds.</summary>
    public long SnapshotVersion { get; init; }

    /// <summary>The deltas after the snapshot, in the order of their commits.</summary>
    public ImmutableList<Payload> Deltas { get; init; } = [];

    /// <summary>The outputs, as the definition's rule keeps them.</summary>
    public ImmutableList<Payload> Outputs { get; init; } = [];

    /// <summary>Signals that came before anybody waited for them, by name, the oldest first.</summary>
    public ImmutableSortedDictionary<string, ImmutableQueue<Payload>> Signals { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableQueue<Payload>>(StringComparer.Ordinal);

    /// <summary>How many signals wait.</summary>
    public int SignalCount { get; init; }

    /// <summary>What was done.</summary>
    public RunCounters Counters { get; init; } = new();

    /// <summary>Every attempt that failed.</summary>
    public ImmutableList<StepError> Errors { get; init; } = [];

    /// <summary>Version of the context: the snapshot and all deltas.</summary>
    [JsonIgnore]
    public long ContextVersion => SnapshotVersion + Deltas.Count;

    /// <summary>When something goes on by itself next.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextDueUtc => Due.IsEmpty ? null : new DateTimeOffset(Due.Min.DueTicks, TimeSpan.Zero);

    /// <summary>True once the status cannot change any more.</summary>
    [JsonIgnore]
    public bool IsFinal => Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled;
}
