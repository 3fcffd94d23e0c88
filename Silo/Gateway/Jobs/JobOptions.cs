using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Where streaming jobs keep their checkpoints, and how long they wait for what. Section: <c>OrleansFlow:Jobs</c>. Read once when the silo starts.</summary>
public sealed class JobOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Jobs";

    /// <summary>
    /// Where checkpoints of jobs are that do not name a place of their own: <c>file:///folder</c> or <c>s3://bucket/prefix</c>. Silo and workers have to reach it.
    /// </summary>
    /// <value>Default: the folder <c>checkpoints</c> below the artifact root.</value>
    public string? CheckpointUrl { get; set; }

    /// <summary>
    /// Further places, <c>file:///folder</c> or <c>s3://bucket/prefix</c>, below which jobs may keep their checkpoints that name a place of their own (<c>checkpoint_url</c>). Silo and workers
    /// write there with their own rights, whoever submits the job; another place is refused with <c>bad_input</c>. Jobs that there are keep their places.
    /// </summary>
    /// <value>Default: none, so that jobs keep their checkpoints below <see cref="CheckpointUrl"/> alone.</value>
    public IList<string> AllowedCheckpointUrls { get; } = [];

    /// <summary>Time between the beginnings of checkpoints of jobs that do not say it. Longer: less work, more to do again after a failure.</summary>
    /// <value>Default 10 s. Range 1 s to 1 day.</value>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it is waited for enough slots. Then the job fails with a message that names what is missing.</summary>
    /// <value>Default 10 min. Range 1 s to 7 days.</value>
    public TimeSpan WorkerStartTimeout { get; set; } = JobRules.Default.WorkerStartTimeout;

    /// <summary>How long it is waited for all subtasks to start. Then the job recovers.</summary>
    /// <value>Default 2 min. Range 1 s to 1 h.</value>
    public TimeSpan TaskStartTimeout { get; set; } = JobRules.Default.TaskStartTimeout;

    /// <summary>A worker that says nothing of a job for so long is lost to it: the job recovers. Workers say something every 5 s.</summary>
    /// <value>Default 30 s. Range 10 s to 10 min.</value>
    public TimeSpan HeartbeatTimeout { get; set; } = JobRules.Default.HeartbeatTimeout;

    /// <summary>Restarts in a row after which a job fails; -1: never.</summary>
    /// <value>Default 20. Range -1 to 10 000.</value>
    public int RestartsMax { get; set; } = JobRules.Default.RestartsMax;

    /// <summary>Longest wait before any restart.</summary>
    /// <value>Default 1 min. Range 500 ms to 1 h.</value>
    public TimeSpan BackoffMax { get; set; } = JobRules.Default.BackoffMax;

    /// <summary>How long a checkpoint may take, files written. Then it is given up and tried again.</summary>
    /// <value>Default 10 min. Range 1 s to 1 day.</value>
    public TimeSpan CheckpointTimeout { get; set; } = JobRules.Default.CheckpointTimeout;

    /// <summary>How long sinks may take to commit. Then the job recovers, and they are told again.</summary>
    /// <value>Default 5 min. Range 1 s to 1 day.</value>
    public TimeSpan CommitTimeout { get; set; } = JobRules.Default.CommitTimeout;

    /// <summary>Completed checkpoints that are kept. More: further back, more room in the store.</summary>
    /// <value>Default 10. Range 1 to 1 000.</value>
    public int CheckpointsKept { get; set; } = JobRules.Default.CheckpointsKept;

    /// <summary>Whether the silo puts small files of state together, so that jobs begin again from fewer of them.</summary>
    /// <value>Default false.</value>
    public bool IsCompacting { get; set; } = JobRules.Default.IsCompacting;

    /// <summary>Whether jobs may bring functions of their own. What of them workers then run is theirs to say: <c>OrleansFlow:Streaming:Functions</c>.</summary>
    /// <value>Default false: a job that brings any fails at once.</value>
    public bool AllowsUserFunctions { get; set; }

    /// <summary>How long a worker that ends waits for its jobs to take their last checkpoint. Then they move without it.</summary>
    /// <value>Default 30 s. Range 1 s to 10 min.</value>
    public TimeSpan DrainGrace { get; set; } = JobRules.Default.DrainGrace;

    internal JobRules ToRules() => JobRules.Default with
    {
        WorkerStartTimeout = WorkerStartTimeout,
        TaskStartTimeout = TaskStartTimeout,
        HeartbeatTimeout = HeartbeatTimeout,
        RestartsMax = RestartsMax,
        BackoffMax = BackoffMax,
        CheckpointTimeout = CheckpointTimeout,
        CommitTimeout = CommitTimeout,
        CheckpointsKept = CheckpointsKept,
        IsCompacting = IsCompacting,
        DrainGrace = DrainGrace,
    };
}
