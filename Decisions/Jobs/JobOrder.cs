using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What is to be done about a job. Orders are carried out in their order; repeating one is safe.</summary>
public abstract record JobOrder
{
    private JobOrder()
    {
    }

    /// <summary>The state is to be stored before anything else of the decision is done.</summary>
    public sealed record Persist : JobOrder;

    /// <summary>The job wants a <see cref="JobCommand.Tick"/> at that time, also when its silo is lost meanwhile; null: none.</summary>
    public sealed record WakeAt(DateTimeOffset? AtUtc) : JobOrder;

    /// <summary>People are to be told.</summary>
    /// <param name="Kind">What of.</param>
    /// <param name="Epoch">Which checkpoint; 0 when it is not about one.</param>
    /// <param name="Message">The news.</param>
    public sealed record Tell(JobNews Kind, long Epoch, string Message) : JobOrder;

    /// <summary>One that belongs to a generation: whoever gets it refuses it when he knows a newer one.</summary>
    /// <param name="Generation">Which one.</param>
    public abstract record OfGeneration(long Generation) : JobOrder;

    /// <summary>Check and load the functions of the program; answered by <see cref="JobCommand.Compiled"/>.</summary>
    public sealed record Compile(long Generation) : OfGeneration(Generation);

    /// <summary>Look for workers with free slots; answered by <see cref="JobCommand.SeeWorkers"/>.</summary>
    /// <param name="Generation">Who asks.</param>
    /// <param name="SlotsNeeded">Slots of all of them together.</param>
    public sealed record FindWorkers(long Generation, int SlotsNeeded) : OfGeneration(Generation);

    /// <summary>Own the job's checkpoints for this generation and find the newest one that counts; answered by <see cref="JobCommand.RestoreReady"/>.</summary>
    /// <param name="Generation">The owner from now on.</param>
    /// <param name="Known">The newest one that the job knows of; null for none.</param>
    /// <param name="IgnoreBefore">Checkpoints with lower epochs are not wanted.</param>
    public sealed record PrepareRestore(long Generation, JobCheckpoint? Known, long IgnoreBefore) : OfGeneration(Generation);

    /// <summary>Start the subtasks of a worker.</summary>
    /// <param name="Generation">The generation that begins.</param>
    /// <param name="Worker">Who is told.</param>
    /// <param name="Assignment">Where all subtasks are.</param>
    /// <param name="Restore">What to begin from; null: from nothing.</param>
    /// <param name="StartEpoch">Epochs before it are used up.</param>
    /// <param name="MinEpoch">Older checkpoints may be gone.</param>
    public sealed record Start(long Generation, string Worker, JobAssignment Assignment, JobCheckpoint? Restore, long StartEpoch, long MinEpoch) : OfGeneration(Generation);

    /// <summary>Send a barrier through all sources of a worker.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who is told.</param>
    /// <param name="Epoch">Number of the checkpoint.</param>
    /// <param name="MinEpoch">No checkpoint before it is needed any more.</param>
    /// <param name="TimestampUtc">When it began.</param>
    /// <param name="ThenStop">Whether subtasks end once they have taken it.</param>
    public sealed record Checkpoint(long Generation, string Worker, long Epoch, long MinEpoch, DateTimeOffset TimestampUtc, bool ThenStop) : OfGeneration(Generation);

    /// <summary>Tell a worker that a checkpoint is given up: who waits for its barriers goes on.</summary>
    public sealed record GiveUp(long Generation, string Worker, long Epoch) : OfGeneration(Generation);

    /// <summary>Keep a manifest; answered by <see cref="JobCommand.ManifestPublished"/>. All subtasks have stored what it names.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Manifest">What to keep; never changed.</param>
    public sealed record PublishManifest(long Generation, CheckpointManifest Manifest) : OfGeneration(Generation);

    /// <summary>Tell sinks to commit what they have stored in a checkpoint that is kept.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who is told.</param>
    /// <param name="Epoch">Number of the checkpoint.</param>
    /// <param name="Commits">For the subtasks of this worker.</param>
    public sealed record Commit(long Generation, string Worker, long Epoch, ImmutableArray<SubtaskCommit> Commits) : OfGeneration(Generation);

    /// <summary>Note in the store that an epoch is committed; answered by <see cref="JobCommand.CommitMarked"/>.</summary>
    public sealed record MarkCommitted(long Generation, long Epoch) : OfGeneration(Generation);

    /// <summary>Delete the files that no kept checkpoint names. A file of an older epoch that a kept one names stays.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="MinEpoch">Checkpoints before it are not kept any more.</param>
    /// <param name="Kept">Epochs of those that are.</param>
    public sealed record CleanUp(long Generation, long MinEpoch, ImmutableArray<long> Kept) : OfGeneration(Generation);

    /// <summary>Put small files of a table together; answered by <see cref="JobCommand.Compacted"/>.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="OperatorId">Whose table.</param>
    /// <param name="Table">Its name.</param>
    /// <param name="Epoch">The checkpoint whose files they are.</param>
    public sealed record Compact(long Generation, string OperatorId, string Table, long Epoch) : OfGeneration(Generation);

    /// <summary>Tell the subtasks of an operator which files take the place of theirs.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who is told.</param>
    /// <param name="OperatorId">Whose tables.</param>
    /// <param name="Tables">With their new files.</param>
    public sealed record LoadCompacted(long Generation, string Worker, string OperatorId, ImmutableArray<TableState> Tables) : OfGeneration(Generation);

    /// <summary>Stop the subtasks of a worker.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who is told.</param>
    /// <param name="Mode">How.</param>
    public sealed record StopTasks(long Generation, string Worker, StopMode Mode) : OfGeneration(Generation);

    /// <summary>Workers are to let go of the job, whatever still runs there; answered by <see cref="JobCommand.TornDown"/>.</summary>
    /// <param name="Generation">The generation that ends.</param>
    /// <param name="Workers">Who is told.</param>
    public sealed record TearDown(long Generation, ImmutableArray<string> Workers) : OfGeneration(Generation);
}

/// <summary>What people are told of.</summary>
public enum JobNews
{
    /// <summary>The job is in another state.</summary>
    StateChanged = 1,

    /// <summary>A checkpoint is complete.</summary>
    CheckpointCompleted = 2,

    /// <summary>A checkpoint was given up.</summary>
    CheckpointFailed = 3,

    /// <summary>Something went wrong that the job copes with.</summary>
    Warning = 4,
}
