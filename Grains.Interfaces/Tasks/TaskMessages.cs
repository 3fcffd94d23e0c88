using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tasks;

/// <summary>A standalone task as submitted.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskSubmission")]
public sealed record TaskSubmission
{
    /// <summary>The role whose workers may run it.</summary>
    [Id(0)]
    public required string Role { get; init; }

    /// <summary>JSON handed to the handler; null for none. At most 64 KiB.</summary>
    [Id(1)]
    public string? PayloadJson { get; init; }

    /// <summary>Higher is leased first.</summary>
    [Id(2)]
    public int Priority { get; init; }

    /// <summary>Retries after the first attempt.</summary>
    [Id(3)]
    public int MaxRetries { get; init; } = 2;

    /// <summary>Wait before the first retry; doubles with each further one.</summary>
    [Id(4)]
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Labels that a worker must have, with these values, to run it; null or empty for none. At most 32.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Version of the role that a worker must announce to run it; null for any.</summary>
    [Id(6)]
    public string? RoleVersion { get; init; }

    /// <summary>Whether it says the same, in whatever order its labels are.</summary>
    public bool Equals(TaskSubmission? other) =>
        other is not null && Role == other.Role && PayloadJson == other.PayloadJson && Priority == other.Priority && MaxRetries == other.MaxRetries
        && Backoff == other.Backoff && RoleVersion == other.RoleVersion
        && (Labels?.Count ?? 0) == (other.Labels?.Count ?? 0)
        && (Labels is null || Labels.All(label => other.Labels!.TryGetValue(label.Key, out var value) && value == label.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Role, PayloadJson, Priority, MaxRetries, Backoff, RoleVersion, Labels?.Count ?? 0);
}

/// <summary>A granted lease and all a worker needs to run the attempt.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseGrant")]
public sealed record LeaseGrant
{
    /// <summary>The lease.</summary>
    [Id(0)]
    public required LeaseToken Token { get; init; }

    /// <summary>The role to run.</summary>
    [Id(1)]
    public required string Role { get; init; }

    /// <summary>1 for the first attempt.</summary>
    [Id(2)]
    public required int Attempt { get; init; }

    /// <summary>How many tasks the node has; 1 for a standalone task.</summary>
    [Id(3)]
    public int TaskCount { get; init; } = 1;

    /// <summary>Run parameters with the node's laid over them, or the payload; null for none.</summary>
    [Id(4)]
    public string? ParamsJson { get; init; }

    /// <summary>The graph's files, name to path.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string>? Files { get; init; }

    /// <summary>Output batches of earlier attempts that stand.</summary>
    [Id(6)]
    public int AcceptedBatches { get; init; }

    /// <summary>The parent nodes, in the graph's order; empty for none.</summary>
    [Id(7)]
    public IReadOnlyList<string> Parents { get; init; } = [];

    /// <summary>The parents that failed, for a task that remedies that; what ended the run, for one that undoes a node. Empty for any other.</summary>
    [Id(18)]
    public IReadOnlyList<ParentFailure> ParentFailures { get; init; } = [];

    /// <summary>Longest time of the attempt; null for none.</summary>
    [Id(8)]
    public TimeSpan? Timeout { get; init; }

    /// <summary>True: a lost stream does not end the lease.</summary>
    [Id(13)]
    public bool KeepsLostLease { get; init; }

    /// <summary>Where an earlier attempt said that the work can be taken up again; null for nowhere.</summary>
    [Id(9)]
    public TaskCheckpointData? Checkpoint { get; init; }

    /// <summary>Rows of the batches that stand.</summary>
    [Id(10)]
    public long TotalRows { get; init; }

    /// <summary>Sums of the metrics of the batches that stand; null for none.</summary>
    [Id(11)]
    public IReadOnlyDictionary<string, double>? TotalMetrics { get; init; }

    /// <summary>Of the batches that stand, those with a name of the handler's: number and name; null for none.</summary>
    [Id(12)]
    public IReadOnlyList<KeyValuePair<int, string>>? AcceptedUids { get; init; }

    /// <summary>The input adapter that the graph names; null for none.</summary>
    [Id(14)]
    public string? InputAdapter { get; init; }

    /// <summary>The adapter's arguments; null for none.</summary>
    [Id(15)]
    public string? InputArgsJson { get; init; }

    /// <summary>Where to go on reading after the last accepted batch; null when that is not known.</summary>
    [Id(16)]
    public string? InputPosition { get; init; }

    /// <summary>The same for the batch that the checkpoint came with.</summary>
    [Id(17)]
    public string? CheckpointInputPosition { get; init; }

    /// <summary>Of a workflow's item: JSON of a <see cref="Workflows.Execution.StepTask"/>; <c>default</c> for any other task.</summary>
    [Id(19)]
    public Payload Step { get; init; }
}

/// <summary>Where a task's work can be taken up again.</summary>
/// <param name="Version">Of the form of <paramref name="Json"/>, chosen by the handler.</param>
/// <param name="Json">The handler's own; at most 64 KiB.</param>
/// <param name="OutputCount">How many output batches the work had made by then.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskCheckpointData")]
public sealed record TaskCheckpointData([property: Id(0)] int Version, [property: Id(1)] string Json, [property: Id(2)] int OutputCount)
{
    /// <summary>Longest checkpoint, in characters.</summary>
    public const int JsonCharsMax = 64 * 1024;

    /// <summary>Longest name that a handler may give to a batch, in characters.</summary>
    public const int UidCharsMax = 256;
}

/// <summary>A checkpoint that a worker saves.</summary>
/// <param name="Token">The lease under which the work was done.</param>
/// <param name="Checkpoint">The checkpoint.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.CheckpointReport")]
public sealed record CheckpointReport([property: Id(0)] LeaseToken Token, [property: Id(1)] TaskCheckpointData Checkpoint);

/// <summary>A parent that failed, or what ended the run that is undone.</summary>
/// <param name="Node">The node; empty when no node did.</param>
/// <param name="Reason">Stable text, an error code or the handler's own.</param>
/// <param name="Message">As people are shown it.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.ParentFailure")]
public readonly record struct ParentFailure([property: Id(0)] string Node, [property: Id(1)] string Reason, [property: Id(2)] string Message);

/// <summary>One output batch that a worker has written, fsynced and renamed.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.BatchReport")]
public sealed record BatchReport
{
    /// <summary>The lease under which it was made.</summary>
    [Id(0)]
    public required LeaseToken Token { get; init; }

    /// <summary>0-based number within the task.</summary>
    [Id(1)]
    public required int Index { get; init; }

    /// <summary>Rows.</summary>
    [Id(2)]
    public required long Rows { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    [Id(3)]
    public required long Bytes { get; init; }

    /// <summary>Arrow IPC file, relative to the artifact root.</summary>
    [Id(4)]
    public required string Path { get; init; }

    /// <summary>Numbers to add to the task's metrics; null for none.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>The handler's own name of the batch; null where the worker only counts.</summary>
    [Id(6)]
    public string? Uid { get; init; }

    /// <summary>Saved in the same step as the batch; null for none.</summary>
    [Id(7)]
    public TaskCheckpointData? Checkpoint { get; init; }

    /// <summary>Where a later attempt goes on reading once this batch is accepted; null when that is not known.</summary>
    [Id(8)]
    public string? InputPosition { get; init; }
}

/// <summary>Why a task or run failed.</summary>
/// <param name="Reason">Stable text, an error code or the handler's own.</param>
/// <param name="Permanent">True when a retry cannot help.</param>
/// <param name="Message">Names the thing, the bad value and the way out.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskFailure")]
public sealed record TaskFailure([property: Id(0)] string Reason, [property: Id(1)] bool Permanent, [property: Id(2)] string Message);

/// <summary>Whether an effect was applied.</summary>
/// <param name="Accepted">True when it stands (also when it had been applied before).</param>
/// <param name="RefusedReason">Error code as text when it was refused, for example <c>lease_lost</c>.</param>
/// <param name="Next">The lease of what follows, for the same worker and in the place of the one that has ended; null for none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.EffectReceipt")]
public readonly record struct EffectReceipt(
    [property: Id(0)] bool Accepted, [property: Id(1)] string? RefusedReason = null, [property: Id(2)] LeaseGrant? Next = null);

/// <summary>Where one task stands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskView")]
public sealed record TaskView
{
    /// <summary>The task.</summary>
    [Id(0)]
    public required TaskId TaskId { get; init; }

    /// <summary>Its role.</summary>
    [Id(1)]
    public required string Role { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public required FlowTaskStatus Status { get; init; }

    /// <summary>Attempts begun.</summary>
    [Id(3)]
    public int Attempt { get; init; }

    /// <summary>Epoch of the newest lease; 0 before the first.</summary>
    [Id(4)]
    public long Epoch { get; init; }

    /// <summary>Holder of the current lease, or of the last one; default before the first.</summary>
    [Id(5)]
    public WorkerId Worker { get; init; }

    /// <summary>Output batches that stand.</summary>
    [Id(6)]
    public int Batches { get; init; }

    /// <summary>0 to 1 as last reported.</summary>
    [Id(7)]
    public double Progress { get; init; }

    /// <summary>Why the last attempt failed; null when none did.</summary>
    [Id(8)]
    public TaskFailure? Failure { get; init; }

    /// <summary>The result; null before completion or when there is none.</summary>
    [Id(9)]
    public string? ResultJson { get; init; }

    /// <summary>What a task of a scattered node was made for, as JSON; null for any other.</summary>
    [Id(14)]
    public string? ItemJson { get; init; }

    /// <summary>The run that the task is, where its node runs a graph; default for any other.</summary>
    [Id(15)]
    public RunId ChildRun { get; init; }

    /// <summary>When a leased task's lease ends if it is not renewed, or when a backing-off task is ready again; else null.</summary>
    [Id(10)]
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>Characters of its checkpoint; 0 for none.</summary>
    [Id(11)]
    public int CheckpointSize { get; init; }

    /// <summary>When its checkpoint was saved; null for none.</summary>
    [Id(12)]
    public DateTimeOffset? CheckpointUtc { get; init; }

    /// <summary>When the current lease was granted; null while there is none.</summary>
    [Id(13)]
    public DateTimeOffset? GrantedUtc { get; init; }
}
