using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a job of one process runs, and where it keeps its checkpoints.</summary>
public sealed record LocalJobSetup
{
    /// <summary>What to run, before chaining.</summary>
    public required Program Program { get; init; }

    /// <summary>Makes the operators.</summary>
    public required OperatorRegistry Operators { get; init; }

    /// <summary>Where checkpoints are. It stays the caller's.</summary>
    public required IObjectStore Store { get; init; }

    /// <summary>The job's folder in the store. Default "job".</summary>
    public string Job { get; init; } = "job";

    /// <summary>Time from one checkpoint to the next; one that takes longer is followed at once. Null, the default: only on demand. Positive. Shorter: less is repeated after a crash, more is written.</summary>
    public TimeSpan? CheckpointInterval { get; init; }

    /// <summary>How long subtasks may take to store a checkpoint before it is given up. Default 10 minutes. Positive.</summary>
    public TimeSpan CheckpointTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long sinks may take to commit a checkpoint before the job fails. Default 10 minutes. Positive.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Checkpoints that stay. Default 3. At least 1. More: more files, and older ones to look at.</summary>
    public int RetainedCheckpoints { get; init; } = 3;

    /// <summary>Checkpoints whose files of a table are merged into one. Default 8. At least 2. More: less is rewritten, more files to restore from.</summary>
    public int CompactedCheckpoints { get; init; } = 8;

    /// <summary>The savepoint to begin from instead of the latest checkpoint. Null, the default: the latest, or nothing where there is none.</summary>
    public string? Savepoint { get; init; }

    /// <summary>Whether the latest checkpoint may be of another program; a savepoint always may. Default false. Operators keep the state that has their id and kind.</summary>
    public bool AcceptsChangedProgram { get; init; }

    /// <summary>Whether state of operators that a changed program does not have is left behind. Default false: it is refused.</summary>
    public bool DropsUnknownState { get; init; }

    /// <summary>Told of each checkpoint that counts and is committed. Called from any thread.</summary>
    public Action<CheckpointManifest>? CheckpointTaken { get; init; }

    /// <summary>Told when a checkpoint, or the clearing away behind it, failed; the job goes on and tries again. Called from any thread.</summary>
    public Action<Exception>? CheckpointFailed { get; init; }

    /// <summary>Queues and batches.</summary>
    public StreamEngineLimits Limits { get; init; } = StreamEngineLimits.Default;

    /// <summary>How much memory state may take before it goes to files; it stays the caller's. Default null: as <see cref="StreamEngineSetup.Memory"/>.</summary>
    public StreamMemory? Memory { get; init; }

    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CheckpointInterval ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(CheckpointInterval));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CheckpointTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CommitTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetainedCheckpoints, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompactedCheckpoints, 2);
    }
}
