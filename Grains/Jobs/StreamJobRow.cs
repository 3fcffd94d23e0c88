using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Jobs;

/// <summary>Stored form of a streaming job. Messages of the wire (program, manifest, states) are kept as their bytes.</summary>
internal sealed class StreamJobRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>Null: there is no job.</summary>
    [JsonPropertyName("job")]
    public StoredJob? Job { get; set; }
}

/// <summary>What was submitted, and where the job stands.</summary>
internal sealed record StoredJob
{
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("program")]
    public required byte[] Program { get; init; }

    [JsonPropertyName("next_program")]
    public byte[]? NextProgram { get; init; }

    [JsonPropertyName("checkpoint_url")]
    public required string CheckpointUrl { get; init; }

    [JsonPropertyName("checkpoint_interval")]
    public TimeSpan CheckpointInterval { get; init; }

    [JsonPropertyName("preview")]
    public bool IsPreview { get; init; }

    [JsonPropertyName("time_to_live")]
    public TimeSpan? TimeToLive { get; init; }

    [JsonPropertyName("savepoint"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Savepoint { get; init; }

    /// <summary>The bits of the seed.</summary>
    [JsonPropertyName("seed")]
    public long Seed { get; init; }

    [JsonPropertyName("status")]
    public JobStatus Status { get; init; }

    [JsonPropertyName("phase")]
    public JobPhase Phase { get; init; }

    [JsonPropertyName("since")]
    public DateTimeOffset SinceUtc { get; init; }

    [JsonPropertyName("deadline")]
    public DateTimeOffset? DeadlineUtc { get; init; }

    [JsonPropertyName("generation")]
    public long Generation { get; init; }

    [JsonPropertyName("stop_mode")]
    public JobStopMode StopMode { get; init; }

    [JsonPropertyName("state_unwanted")]
    public bool IsStateUnwanted { get; init; }

    [JsonPropertyName("ignore_before")]
    public long IgnoreBefore { get; init; }

    [JsonPropertyName("workers")]
    public List<StoredWorker> Workers { get; init; } = [];

    [JsonPropertyName("placements")]
    public List<StoredPlacement> Placements { get; init; } = [];

    [JsonPropertyName("restarts")]
    public int RestartCount { get; init; }

    [JsonPropertyName("ends")]
    public DateTimeOffset? EndsUtc { get; init; }

    [JsonPropertyName("failure")]
    public StoredFailure? Failure { get; init; }

    [JsonPropertyName("giving_up")]
    public bool IsGivingUp { get; init; }

    [JsonPropertyName("checkpoints")]
    public required StoredBook Checkpoints { get; init; }
}

/// <summary>A worker that has a part in the job.</summary>
internal sealed record StoredWorker(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("slots")] int Slots,
    [property: JsonPropertyName("data_address")] string DataAddress,
    [property: JsonPropertyName("rpc_address")] string RpcAddress,
    [property: JsonPropertyName("draining")] bool IsDraining);

/// <summary>Where a subtask is, and whether it has ended.</summary>
internal sealed record StoredPlacement(
    [property: JsonPropertyName("node")] long Node,
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("worker")] string Worker,
    [property: JsonPropertyName("ended")] bool HasEnded);

/// <summary>What went wrong.</summary>
internal sealed record StoredFailure(
    [property: JsonPropertyName("code")] FlowErrorCode Code,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("retryable")] bool IsRetryable);

/// <summary>The checkpoints of a job.</summary>
internal sealed record StoredBook
{
    [JsonPropertyName("epoch")]
    public long Epoch { get; init; }

    [JsonPropertyName("min_epoch")]
    public long MinEpoch { get; init; }

    [JsonPropertyName("kept")]
    public List<long> Kept { get; init; } = [];

    [JsonPropertyName("latest")]
    public StoredCheckpoint? Latest { get; init; }

    [JsonPropertyName("current")]
    public StoredCheckpointRun? Current { get; init; }

    [JsonPropertyName("due")]
    public DateTimeOffset? DueUtc { get; init; }

    [JsonPropertyName("last_wanted")]
    public bool IsLastWanted { get; init; }

    [JsonPropertyName("final_taken")]
    public bool IsFinalTaken { get; init; }

    [JsonPropertyName("failed")]
    public int FailedInARow { get; init; }

    [JsonPropertyName("finals")]
    public List<StoredPart> Finals { get; init; } = [];

    [JsonPropertyName("compactions")]
    public List<StoredCompaction> Compactions { get; init; } = [];
}

/// <summary>A checkpoint that counts.</summary>
internal sealed record StoredCheckpoint(
    [property: JsonPropertyName("epoch")] long Epoch,
    [property: JsonPropertyName("generation")] long Generation,
    [property: JsonPropertyName("manifest")] string Manifest,
    [property: JsonPropertyName("needs_commit")] bool NeedsCommit,
    [property: JsonPropertyName("committed")] bool IsCommitted,
    [property: JsonPropertyName("commits")] List<byte[]> Commits)
{
    /// <summary>Rows of before have none.</summary>
    [JsonPropertyName("holds_rows"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HoldsRows { get; init; }
}

/// <summary>A checkpoint that is under way.</summary>
internal sealed record StoredCheckpointRun
{
    [JsonPropertyName("epoch")]
    public long Epoch { get; init; }

    [JsonPropertyName("phase")]
    public CheckpointPhase Phase { get; init; }

    [JsonPropertyName("started")]
    public DateTimeOffset StartedUtc { get; init; }

    [JsonPropertyName("deadline")]
    public DateTimeOffset DeadlineUtc { get; init; }

    [JsonPropertyName("then_stop")]
    public bool ThenStop { get; init; }

    [JsonPropertyName("replay")]
    public bool IsReplay { get; init; }

    [JsonPropertyName("final")]
    public bool IsFinal { get; init; }

    [JsonPropertyName("gathered")]
    public List<StoredPart> Gathered { get; init; } = [];

    [JsonPropertyName("manifest")]
    public byte[]? Manifest { get; init; }

    [JsonPropertyName("commits")]
    public List<byte[]> Commits { get; init; } = [];

    [JsonPropertyName("uncommitted")]
    public List<StoredPart> Uncommitted { get; init; } = [];
}

/// <summary>What a subtask of an operator stored; without state: only which one is meant.</summary>
internal sealed record StoredPart(
    [property: JsonPropertyName("operator")] string OperatorId,
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("state")] byte[]? State = null,
    [property: JsonPropertyName("needs_commit")] bool NeedsCommit = false);

/// <summary>A compaction that was asked for.</summary>
internal sealed record StoredCompaction(
    [property: JsonPropertyName("operator")] string OperatorId,
    [property: JsonPropertyName("table")] string Table,
    [property: JsonPropertyName("until")] DateTimeOffset UntilUtc);

[JsonSerializable(typeof(StreamJobRow))]
[JsonSerializable(typeof(JobDirectoryRow))]
internal sealed partial class StreamJobJson : JsonSerializerContext;
