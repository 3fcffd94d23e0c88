namespace OrleansFlow.Jobs;

/// <summary>A new streaming job.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StreamJobSubmission")]
public sealed record StreamJobSubmission
{
    /// <summary>The program: a message <c>orleansflow.streaming.v1.Program</c>.</summary>
    [Id(0)]
    public required byte[] Program { get; init; }

    /// <summary>Where its checkpoints are, as the stores know it.</summary>
    [Id(1)]
    public required string CheckpointUrl { get; init; }

    /// <summary>Time between the beginnings of checkpoints; 10 s by default, 1 s to 1 day.</summary>
    [Id(2)]
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether it only shows rows to somebody: it never recovers.</summary>
    [Id(3)]
    public bool IsPreview { get; init; }

    /// <summary>How long it may run before it is stopped; null: for ever.</summary>
    [Id(4)]
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Name of a savepoint of this job that it begins from as long as it has no checkpoint; null: from nothing.</summary>
    [Id(5)]
    public string? Savepoint { get; init; }
}

/// <summary>How a job is to stop.</summary>
[GenerateSerializer, Alias("OrleansFlow.StreamJobStopMode")]
public enum StreamJobStopMode
{
    /// <summary>It is not to stop: the same as starting it.</summary>
    None = 0,

    /// <summary>With a last checkpoint.</summary>
    Checkpoint = 1,

    /// <summary>Sources end, and what is under way goes through; no checkpoint is taken.</summary>
    Graceful = 2,

    /// <summary>Every subtask stops where it is.</summary>
    Immediate = 3,

    /// <summary>Workers let go of the job, whatever its subtasks do.</summary>
    Force = 4,
}

/// <summary>Where a job stands.</summary>
/// <param name="Status">Its state, as docs/streaming/jobs.md names it.</param>
/// <param name="Phase">What it waits for there; <c>None</c> for nothing of its own.</param>
/// <param name="SinceUtc">Since when it is in that state.</param>
/// <param name="Generation">How often it was scheduled.</param>
/// <param name="StopMode">How it is to stop, or has stopped.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StreamJobView")]
public sealed record StreamJobView(
    [property: Id(0)] string Status, [property: Id(1)] string Phase, [property: Id(2)] DateTimeOffset SinceUtc, [property: Id(3)] long Generation, [property: Id(4)] StreamJobStopMode StopMode)
{
    /// <summary>Slots that it needs.</summary>
    [Id(5)]
    public int Slots { get; init; }

    /// <summary>Workers that have a part in it.</summary>
    [Id(6)]
    public IReadOnlyList<string> Workers { get; init; } = [];

    /// <summary>The newest checkpoint that counts; null for none.</summary>
    [Id(7)]
    public long? Checkpoint { get; init; }

    /// <summary>The checkpoint that is under way; null for none.</summary>
    [Id(8)]
    public long? CheckpointUnderWay { get; init; }

    /// <summary>Restarts since it last ran well for a while.</summary>
    [Id(9)]
    public int RestartCount { get; init; }

    /// <summary>Code of what went wrong last, as on the wire; null when nothing did.</summary>
    [Id(10)]
    public string? FailureCode { get; init; }

    /// <summary>What went wrong last; null when nothing did.</summary>
    [Id(11)]
    public string? Failure { get; init; }

    /// <summary>Messages of other generations that changed nothing, since the grain was activated.</summary>
    [Id(12)]
    public long StaleCount { get; init; }

    /// <summary>Slots that it has at each of its workers.</summary>
    [Id(13)]
    public IReadOnlyDictionary<string, int> WorkerSlots { get; init; } = new Dictionary<string, int>();

    /// <summary>Where its checkpoints are.</summary>
    [Id(14)]
    public string CheckpointUrl { get; init; } = "";

    /// <summary>Time between the beginnings of checkpoints.</summary>
    [Id(15)]
    public TimeSpan CheckpointInterval { get; init; }

    /// <summary>The nodes of its program.</summary>
    [Id(16)]
    public IReadOnlyList<StreamJobNode> Nodes { get; init; } = [];

    /// <summary>Whether it only shows rows.</summary>
    [Id(17)]
    public bool IsPreview { get; init; }

    /// <summary>Tables whose rows can be looked at.</summary>
    [Id(18)]
    public IReadOnlyList<string> Previews { get; init; } = [];
}

/// <summary>A node of a job's program.</summary>
/// <param name="Id">As the program numbers it.</param>
/// <param name="Description">What it does, for people.</param>
/// <param name="Parallelism">Its subtasks.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StreamJobNode")]
public sealed record StreamJobNode([property: Id(0)] uint Id, [property: Id(1)] string Description, [property: Id(2)] int Parallelism);

/// <summary>A worker's run of a job that is not wanted any more.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Generation">The run.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.StaleJobRun")]
public readonly record struct StaleJobRun([property: Id(0)] string Worker, [property: Id(1)] long Generation);
