using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>All there is to know about the checkpoints of a job when something has to be decided. Immutable.</summary>
public sealed record CheckpointBook
{
    /// <summary>A job without checkpoints.</summary>
    public static readonly CheckpointBook New = new();

    /// <summary>The newest epoch that was given out; 0 before the first. Never given out twice, whatever became of it.</summary>
    public long Epoch { get; init; }

    /// <summary>No checkpoint before it is needed any more.</summary>
    public long MinEpoch { get; init; } = 1;

    /// <summary>Epochs of the completed checkpoints from <see cref="MinEpoch"/> on, oldest first.</summary>
    public ImmutableArray<long> Kept { get; init; } = [];

    /// <summary>What the job begins from when it starts again; null: from nothing.</summary>
    public JobCheckpoint? Latest { get; init; }

    /// <summary>The one that is under way; null for none.</summary>
    public CheckpointRun? Current { get; init; }

    /// <summary>When the next one is due; null while none is to begin by itself.</summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>Whether the next one is to be the last, after which subtasks end.</summary>
    public bool IsLastWanted { get; init; }

    /// <summary>Whether what all subtasks stored at their end is, or becomes, a checkpoint.</summary>
    public bool IsFinalTaken { get; init; }

    /// <summary>Checkpoints that were given up since the last one that was completed.</summary>
    public int FailedInARow { get; init; }

    /// <summary>Messages of another epoch than the one under way, or of subtasks that are not there; they changed nothing.</summary>
    public long IgnoredCount { get; init; }

    /// <summary>Last state of subtasks that have ended by themselves: it counts in every later checkpoint of the generation.</summary>
    public ImmutableSortedDictionary<OperatorSubtask, StoredSubtask> Finals { get; init; } = ImmutableSortedDictionary<OperatorSubtask, StoredSubtask>.Empty;

    /// <summary>Compactions that were asked for.</summary>
    public ImmutableArray<CompactionAsk> Compactions { get; init; } = [];

    /// <summary>When it has to be looked at next; null: not at all.</summary>
    public DateTimeOffset? WakeUtc => Current?.DeadlineUtc ?? DueUtc;
}

/// <summary>A compaction that was asked for.</summary>
/// <param name="OperatorId">Whose table.</param>
/// <param name="Table">Its name.</param>
/// <param name="UntilUtc">When it may be asked for again.</param>
public sealed record CompactionAsk(string OperatorId, string Table, DateTimeOffset UntilUtc);
