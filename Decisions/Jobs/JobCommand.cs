using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What may happen to a streaming job.</summary>
public abstract record JobCommand
{
    private JobCommand()
    {
    }

    /// <summary>A new job.</summary>
    /// <param name="JobId">Its id.</param>
    /// <param name="Plan">What it runs.</param>
    /// <param name="Settings">What was asked for with it.</param>
    /// <param name="Seed">Of its chances (back-off, first checkpoint); any number.</param>
    public sealed record Submit(string JobId, JobPlan Plan, JobSettings Settings, ulong Seed) : JobCommand;

    /// <summary>The job is to stop.</summary>
    public sealed record StopJob(JobStopMode Mode) : JobCommand;

    /// <summary>A stopped or failed job is to run again; its restarts are forgotten.</summary>
    /// <param name="IgnoreState">It begins from nothing, not from its newest checkpoint.</param>
    public sealed record StartAgain(bool IgnoreState) : JobCommand;

    /// <summary>A job is to begin again from a last checkpoint.</summary>
    /// <param name="IsForced">It takes none, and begins from the newest that is there.</param>
    /// <param name="IgnoreState">It begins from nothing.</param>
    public sealed record Restart(bool IsForced, bool IgnoreState) : JobCommand;

    /// <summary>The job is to run with other numbers of subtasks.</summary>
    /// <param name="Plan">The same program with these numbers.</param>
    public sealed record Rescale(JobPlan Plan) : JobCommand;

    /// <summary>A checkpoint is wanted now.</summary>
    public sealed record TakeCheckpoint : JobCommand;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : JobCommand;

    /// <summary>The job was read from the store, after its silo was lost or it was not needed for a while.</summary>
    public sealed record Reload : JobCommand;

    /// <summary>Something about one generation; what comes of another one changes nothing.</summary>
    /// <param name="Generation">Which one.</param>
    public abstract record OfGeneration(long Generation) : JobCommand;

    /// <summary>The program's functions are loaded, or cannot be.</summary>
    /// <param name="Generation">Who asked.</param>
    /// <param name="Failure">Null when they are.</param>
    public sealed record Compiled(long Generation, JobFailure? Failure) : OfGeneration(Generation);

    /// <summary>Who has free slots.</summary>
    /// <param name="Generation">Who asked.</param>
    /// <param name="Workers">All of them, in the order in which they are to be filled.</param>
    public sealed record SeeWorkers(long Generation, ImmutableArray<JobWorker> Workers) : OfGeneration(Generation);

    /// <summary>The store has said what to begin from.</summary>
    /// <param name="Generation">Who asked.</param>
    /// <param name="Checkpoint">The newest that counts; null for none.</param>
    /// <param name="NewestEpoch">The highest epoch that is used up, 0 for none.</param>
    /// <param name="Failure">Null when it could be found.</param>
    public sealed record RestoreReady(long Generation, JobCheckpoint? Checkpoint, long NewestEpoch, JobFailure? Failure) : OfGeneration(Generation)
    {
        /// <summary>The highest generation that the store knows; when it is above the job's own, that one was lost with its state.</summary>
        public long NewestGeneration { get; init; }
    }

    /// <summary>The store has answered about a manifest.</summary>
    /// <param name="Generation">Who asked.</param>
    /// <param name="Epoch">Of which checkpoint.</param>
    /// <param name="Outcome">What it said.</param>
    /// <param name="Manifest">Name of the stored object; empty unless it is kept.</param>
    /// <param name="Message">Why not; empty when it is kept.</param>
    public sealed record ManifestPublished(long Generation, long Epoch, PublishOutcome Outcome, string Manifest, string Message) : OfGeneration(Generation);

    /// <summary>The store has noted that an epoch is committed.</summary>
    public sealed record CommitMarked(long Generation, long Epoch) : OfGeneration(Generation);

    /// <summary>Files were put together.</summary>
    /// <param name="Generation">Who asked.</param>
    /// <param name="OperatorId">Whose.</param>
    /// <param name="Tables">With their new files; none when it failed.</param>
    public sealed record Compacted(long Generation, string OperatorId, ImmutableArray<TableState> Tables) : OfGeneration(Generation);

    /// <summary>All workers have let go of the job.</summary>
    public sealed record TornDown(long Generation) : OfGeneration(Generation);

    /// <summary>An order could not be carried out at a worker, after the tries that the carrier makes.</summary>
    /// <param name="Generation">Whose order it was.</param>
    /// <param name="Worker">The worker.</param>
    /// <param name="Reason">Why not.</param>
    public sealed record LoseWorker(long Generation, string Worker, string Reason) : OfGeneration(Generation);

    /// <summary>Something that a worker says: it counts only from a worker of the generation that runs, and shows that the worker is alive.</summary>
    /// <param name="Generation">Which generation it speaks of.</param>
    /// <param name="Worker">Who says it.</param>
    public abstract record FromWorker(long Generation, string Worker) : OfGeneration(Generation);

    /// <summary>A worker is alive.</summary>
    public sealed record Heartbeat(long Generation, string Worker) : FromWorker(Generation, Worker);

    /// <summary>A worker has announced that it will end.</summary>
    public sealed record Drain(long Generation, string Worker) : FromWorker(Generation, Worker);

    /// <summary>A worker has made its part of the program ready, or cannot.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who says it.</param>
    /// <param name="Failure">Null when it has.</param>
    public sealed record Initialized(long Generation, string Worker, JobFailure? Failure) : FromWorker(Generation, Worker);

    /// <summary>A subtask runs.</summary>
    public sealed record TaskStarted(long Generation, string Worker, SubtaskKey Subtask) : FromWorker(Generation, Worker);

    /// <summary>A subtask has ended: its rows did, or it was told to stop.</summary>
    public sealed record TaskFinished(long Generation, string Worker, SubtaskKey Subtask) : FromWorker(Generation, Worker);

    /// <summary>A subtask has failed.</summary>
    public sealed record TaskFailed(long Generation, string Worker, SubtaskKey Subtask, JobFailure Failure) : FromWorker(Generation, Worker);

    /// <summary>A subtask of an operator has stored its state.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who says it.</param>
    /// <param name="Subtask">Which one.</param>
    /// <param name="Epoch">In which checkpoint; 0: at its own end.</param>
    /// <param name="State">Its files.</param>
    /// <param name="NeedsCommit">Whether it waits for the commit.</param>
    public sealed record StateStored(long Generation, string Worker, OperatorSubtask Subtask, long Epoch, SubtaskState State, bool NeedsCommit) : FromWorker(Generation, Worker);

    /// <summary>A subtask could not store its part of a checkpoint; it goes on, and its next one holds what this one would have.</summary>
    /// <param name="Generation">Which generation.</param>
    /// <param name="Worker">Who says it.</param>
    /// <param name="Subtask">Which one.</param>
    /// <param name="Epoch">Of which checkpoint.</param>
    /// <param name="Reason">Why.</param>
    public sealed record StateNotStored(long Generation, string Worker, SubtaskKey Subtask, long Epoch, string Reason) : FromWorker(Generation, Worker);

    /// <summary>A subtask of a sink has committed.</summary>
    public sealed record CommitFinished(long Generation, string Worker, OperatorSubtask Subtask, long Epoch) : FromWorker(Generation, Worker);
}
