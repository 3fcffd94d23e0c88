using OrleansFlow.Errors;

namespace OrleansFlow.Client.Jobs;

/// <summary>Where a streaming job stands.</summary>
public sealed record FlowStreamJob
{
    /// <summary>Its id.</summary>
    public required string JobId { get; init; }

    /// <summary>Its state.</summary>
    public required StreamJobState State { get; init; }

    /// <summary>What it waits for there; empty for nothing of its own.</summary>
    public string Phase { get; init; } = "";

    /// <summary>Since when it is in that state.</summary>
    public DateTimeOffset SinceUtc { get; init; }

    /// <summary>How often it was scheduled.</summary>
    public long Generation { get; init; }

    /// <summary>How it is to stop, or has stopped; null: it is to run.</summary>
    public StreamJobStop? StopMode { get; init; }

    /// <summary>Slots that it needs.</summary>
    public int Slots { get; init; }

    /// <summary>Slots that it has at each of its workers.</summary>
    public IReadOnlyDictionary<string, int> Workers { get; init; } = new Dictionary<string, int>();

    /// <summary>The newest checkpoint that counts; null for none.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>The checkpoint that is under way; null for none.</summary>
    public long? CheckpointUnderWay { get; init; }

    /// <summary>Restarts since it last ran well for a while.</summary>
    public int RestartCount { get; init; }

    /// <summary>What went wrong last; null when nothing did.</summary>
    public FlowErrorKind? FailureKind { get; init; }

    /// <summary>What went wrong last, in words; empty when nothing did.</summary>
    public string Failure { get; init; } = "";

    /// <summary>Where its checkpoints are.</summary>
    public string CheckpointUrl { get; init; } = "";

    /// <summary>Time between the beginnings of checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; }

    /// <summary>Whether it only shows rows: it never recovers.</summary>
    public bool IsPreview { get; init; }

    /// <summary>Tables whose rows can be looked at: <see cref="FlowJobs.TailAsync"/>.</summary>
    public IReadOnlyList<string> Previews { get; init; } = [];

    /// <summary>The nodes of its program.</summary>
    public IReadOnlyList<StreamJobNode> Nodes { get; init; } = [];

    /// <summary>Whether nothing happens until somebody starts it, or for ever.</summary>
    public bool IsAtRest => State is StreamJobState.Stopped or StreamJobState.Finished or StreamJobState.Failed;
}

/// <summary>A node of a job's program.</summary>
/// <param name="Id">As the program numbers it.</param>
/// <param name="Description">What it does, for people.</param>
/// <param name="Parallelism">Its subtasks.</param>
public sealed record StreamJobNode(uint Id, string Description, int Parallelism);

/// <summary>How a job is to stop, from the softest on. Numbers travel.</summary>
public enum StreamJobStop
{
    /// <summary>With a last checkpoint, so that nothing is done twice later.</summary>
    Checkpoint = 1,

    /// <summary>Sources end, and what is under way goes through; no checkpoint is taken.</summary>
    Graceful = 2,

    /// <summary>Every subtask stops where it is.</summary>
    Immediate = 3,

    /// <summary>Workers let go of the job, whatever its subtasks do.</summary>
    Force = 4,
}

/// <summary>A checkpoint of a job that counts.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Generation">The scheduling that took it.</param>
/// <param name="StartedUtc">When it began; null where the program that took it did not say.</param>
/// <param name="FinishedUtc">When all had stored their state; null where the program that took it did not say.</param>
/// <param name="FileCount">Files that it needs, those of earlier checkpoints among them.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="IsCommitting">Its sinks have to commit, possibly again.</param>
public sealed record StreamJobCheckpoint(long Epoch, long Generation, DateTimeOffset? StartedUtc, DateTimeOffset? FinishedUtc, int FileCount, ulong Bytes, bool IsCommitting);

/// <summary>A named checkpoint that stays until it is deleted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Checkpoint">What it is.</param>
public sealed record StreamJobSavepoint(string Name, StreamJobCheckpoint Checkpoint);

/// <summary>How a job is submitted.</summary>
public sealed record StreamJobOptions
{
    /// <summary>Its id; null: the gateway makes one.</summary>
    public string? JobId { get; init; }

    /// <summary>For SQL: subtasks of each node that may have several. Default 1. At least 1.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Time between the beginnings of checkpoints, 1 s to 1 day; null: as the silo is configured.</summary>
    public TimeSpan? CheckpointInterval { get; init; }

    /// <summary>Where its checkpoints are, <c>file:///folder</c> or <c>s3://bucket/prefix</c>, below a place that the silo lets jobs have; null: as the silo is configured.</summary>
    public string? CheckpointUrl { get; init; }

    /// <summary>After that time it is stopped; null: never.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>What it begins from; its state is copied. Null, the default: nothing.</summary>
    public StreamJobSavepointRef? FromSavepoint { get; init; }

    /// <summary>Whether state of operators that the program does not have is left behind. Default false: such a program is refused.</summary>
    public bool DropUnknownState { get; init; }
}

/// <summary>Names a savepoint.</summary>
/// <param name="JobId">Of which job.</param>
/// <param name="Name">Its name there.</param>
public sealed record StreamJobSavepointRef(string JobId, string Name);
