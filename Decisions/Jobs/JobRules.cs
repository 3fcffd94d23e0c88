namespace OrleansFlow.Decisions.Jobs;

/// <summary>Bounds and habits of streaming jobs. Every wait of a job ends by one of them.</summary>
public sealed record JobRules
{
    /// <summary>The defaults.</summary>
    public static readonly JobRules Default = new();

    /// <summary>Shortest time between checkpoints that a job may ask for.</summary>
    public static readonly TimeSpan CheckpointIntervalMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between checkpoints that a job may ask for.</summary>
    public static readonly TimeSpan CheckpointIntervalMax = TimeSpan.FromDays(1);

    /// <summary>How long the program's functions may take to be checked and loaded. Then the job recovers.</summary>
    public TimeSpan CompileTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long it is waited for enough slots. Then the job fails with a message that names what is missing.</summary>
    public TimeSpan WorkerStartTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time between looks for slots.</summary>
    public TimeSpan SlotRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the store may take to say what to begin from. Then the job recovers.</summary>
    public TimeSpan RestoreTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long it is waited for all subtasks to start. Then the job recovers.</summary>
    public TimeSpan TaskStartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A worker that was silent for so long is lost: the job recovers.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Once it ran for so long its restarts are forgotten.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Restarts in a row after which it fails; -1: never.</summary>
    public int RestartsMax { get; init; } = 20;

    /// <summary>Longest wait before the first restart; doubles with each one.</summary>
    public TimeSpan BackoffFirst { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait before any restart.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long barriers may take through the whole program, files written. Then the checkpoint is given up and tried again.</summary>
    public TimeSpan CheckpointTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the store may take to keep a manifest. Then nobody knows whether it did, so the job recovers from what the store says.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long sinks may take to commit. Then the job recovers, and they are told again.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Completed checkpoints that are kept; at least 1.</summary>
    public int CheckpointsKept { get; init; } = 10;

    /// <summary>Older checkpoints are let go at every so many-th epoch; at least 1.</summary>
    public int RetentionStep { get; init; } = 4;

    /// <summary>Whether small files of state are put together.</summary>
    public bool IsCompacting { get; init; }

    /// <summary>A table whose files of so many checkpoints were never put together is compacted; at least 2.</summary>
    public int CompactAfterEpochs { get; init; } = 4;

    /// <summary>How long a compaction may take before it is asked for again.</summary>
    public TimeSpan CompactionTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long subtasks may take to stop. Then they are torn down.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long subtasks may take to stop at once, when the job recovers. Then they are torn down.</summary>
    public TimeSpan HaltTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it is waited for workers to let go of the job. What still runs then is fenced by its generation.</summary>
    public TimeSpan TearDownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a job whose sources have ended may go on without any subtask getting further. Then it recovers.</summary>
    public TimeSpan FinishTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a worker that ends waits for its jobs to take their last checkpoint. Then they move without it.</summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that one checkpoint can be under way, commits included.</summary>
    public TimeSpan CheckpointBound => CheckpointTimeout + PublishTimeout + CommitTimeout;
}
