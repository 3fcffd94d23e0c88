using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>A run as submitted. The gateway has checked it; the grain checks it again, because it owns it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunSubmission")]
public sealed record RunSubmission
{
    /// <summary>The graph document (JSON text as written).</summary>
    [Id(0)]
    public required string DocumentJson { get; init; }

    /// <summary>Replaces or adds entries of the document's files; absolute paths.</summary>
    [Id(1)]
    public IReadOnlyDictionary<string, string>? Files { get; init; }

    /// <summary>The key by which its submitter knows it (<see cref="IdempotencyKeys"/>); null for none.</summary>
    [Id(2)]
    public string? IdempotencyKey { get; init; }

    /// <summary>The task of another run that this run is; default for a run of its own.</summary>
    [Id(3)]
    public TaskId Parent { get; init; }
}

/// <summary>The end of a run that is a task of another one.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.ChildOutcome")]
public sealed record ChildOutcome
{
    /// <summary>The task.</summary>
    [Id(0)]
    public required TaskId Task { get; init; }

    /// <summary>The run that ended.</summary>
    [Id(1)]
    public required RunId Child { get; init; }

    /// <summary>Its outputs, one JSON object; null for none.</summary>
    [Id(2)]
    public string? ResultJson { get; init; }

    /// <summary>Why it did not complete; null when it did.</summary>
    [Id(3)]
    public TaskFailure? Failure { get; init; }
}

/// <summary>Where a run stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunView")]
public sealed record RunView
{
    /// <summary>Most tasks that are shown with their nodes.</summary>
    public const int ShownTasksMax = 1_000;

    /// <summary>Most characters of results that are shown with them.</summary>
    public const int ShownResultCharsMax = 1024 * 1024;

    /// <summary>Most nodes that are shown with their run.</summary>
    public const int ShownNodesMax = 1_000;

    /// <summary>The run.</summary>
    [Id(0)]
    public required RunId RunId { get; init; }

    /// <summary>Name of its graph.</summary>
    [Id(1)]
    public required string GraphName { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public required RunStatus Status { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(3)]
    public required DateTimeOffset SubmittedUtc { get; init; }

    /// <summary>When the first task was leased; null before.</summary>
    [Id(4)]
    public DateTimeOffset? StartedUtc { get; init; }

    /// <summary>When it ended; null before.</summary>
    [Id(5)]
    public DateTimeOffset? EndedUtc { get; init; }

    /// <summary>
    /// Its nodes, in the order of the document. Empty in listings, and in a run of more than <see cref="ShownNodesMax"/> nodes, which are read in pages.
    /// </summary>
    [Id(6)]
    public IReadOnlyList<NodeView> Nodes { get; init; } = [];

    /// <summary>Why it failed; null when it did not.</summary>
    [Id(7)]
    public TaskFailure? Failure { get; init; }

    /// <summary>Why it was cancelled; null when it was not.</summary>
    [Id(8)]
    public string? CancelReason { get; init; }

    /// <summary>Effects refused because their epoch was not current, since the grain was last activated.</summary>
    [Id(9)]
    public long RefusedEffects { get; init; }

    /// <summary>The task of another run that this run is; default for a run of its own.</summary>
    [Id(18)]
    public TaskId Parent { get; init; }

    /// <summary>Its outputs, one JSON object; null before it completed, when its graph names none, and in listings and changes.</summary>
    [Id(19)]
    public string? OutputsJson { get; init; }

    /// <summary>Its variables, one JSON object; null in listings and changes.</summary>
    [Id(10)]
    public string? VariablesJson { get; init; }

    /// <summary>How many nodes it has; 0 in listings.</summary>
    [Id(11)]
    public int NodeCount { get; init; }

    /// <summary>How many of them are in each state that one of them is in; empty in listings.</summary>
    [Id(12)]
    public IReadOnlyList<NodeStateCount> NodeStates { get; init; } = [];

    /// <summary>Its changes of status, oldest first; the first and the 63 newest. Empty in listings and changes.</summary>
    [Id(13)]
    public IReadOnlyList<StatusTransition> History { get; init; } = [];

    /// <summary>When it last went on after its end; null when it never did.</summary>
    [Id(14)]
    public DateTimeOffset? ReopenedUtc { get; init; }

    /// <summary>The key that it was submitted with; null for none, and in listings and changes.</summary>
    [Id(15)]
    public string? IdempotencyKey { get; init; }

    /// <summary><c>{"nodes":[{"node_id":..., "stats":{...}}]}</c> of a run that has ended; null before, in listings and changes, and for more than 1 000 nodes.</summary>
    [Id(16)]
    public string? ResultJson { get; init; }

    /// <summary>Bytes of the artifacts of all its nodes; 0 before it has ended.</summary>
    [Id(17)]
    public long ArtifactBytes { get; init; }
}

/// <summary>Some of a run's tasks, in the order of nodes and indexes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskPage")]
public sealed record TaskPage
{
    /// <summary>The tasks.</summary>
    [Id(0)]
    public required IReadOnlyList<TaskView> Tasks { get; init; }

    /// <summary>Position at which the next page begins; null: this is the last one.</summary>
    [Id(1)]
    public int? Next { get; init; }
}

/// <summary>One committed change of a run. Exactly one of the members beside sequence, time and reason is set.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RunEvent")]
public sealed record RunEvent
{
    /// <summary>Grows within one watch.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>When it was decided.</summary>
    [Id(1)]
    public required DateTimeOffset AtUtc { get; init; }

    /// <summary>The whole run: first, and again after a gap.</summary>
    [Id(2)]
    public RunView? Snapshot { get; init; }

    /// <summary>A task that changed.</summary>
    [Id(3)]
    public TaskView? Task { get; init; }

    /// <summary>A batch that was accepted.</summary>
    [Id(4)]
    public BatchReport? Batch { get; init; }

    /// <summary>A node that changed; without its tasks.</summary>
    [Id(5)]
    public NodeView? Node { get; init; }

    /// <summary>The run changed; without its nodes.</summary>
    [Id(6)]
    public RunView? Run { get; init; }

    /// <summary>Why a task changed, where it is not plain: <c>lease_expired</c>, <c>connection_lost</c>, <c>drain</c>, <c>slot_needed</c>, ...</summary>
    [Id(7)]
    public string? Reason { get; init; }
}

/// <summary>Where one accepted batch lies.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.ArtifactRef")]
public sealed record ArtifactRef
{
    /// <summary>The producing node.</summary>
    [Id(0)]
    public required string Node { get; init; }

    /// <summary>The producing task, 0-based within the node.</summary>
    [Id(1)]
    public required int TaskIndex { get; init; }

    /// <summary>The batch's number within the task.</summary>
    [Id(2)]
    public required int Index { get; init; }

    /// <summary>Rows.</summary>
    [Id(3)]
    public required long Rows { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    [Id(4)]
    public required long Bytes { get; init; }

    /// <summary>Arrow IPC file, relative to the artifact root.</summary>
    [Id(5)]
    public required string Path { get; init; }

    /// <summary>The handler's own name of the batch; null where the worker only counts.</summary>
    [Id(6)]
    public string? Uid { get; init; }

    /// <summary>Epoch of the lease under which it was made.</summary>
    [Id(7)]
    public long Epoch { get; init; }

    /// <summary>What was reported with it; null for nothing.</summary>
    [Id(9)]
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>Its place among all accepted batches of the run, from 1 on; 0 when it is not known.</summary>
    [Id(8)]
    public long Sequence { get; init; }
}

/// <summary>Some of a node's output.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.ArtifactPage")]
public sealed record ArtifactPage
{
    /// <summary>Most batches of one page.</summary>
    public const int BatchesMax = 1_000;

    /// <summary>Accepted batches, ordered by task and number.</summary>
    [Id(0)]
    public required IReadOnlyList<ArtifactRef> Batches { get; init; }

    /// <summary>True when the node has completed, so that nothing will be added.</summary>
    [Id(1)]
    public required bool Complete { get; init; }

    /// <summary>Position at which the next page begins; null: this is the last one.</summary>
    [Id(2)]
    public int? Next { get; init; }
}
