using System.Collections.Immutable;
using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>A job with what it runs: the state that is decided upon, and the programs and the place of its checkpoints, which are not.</summary>
/// <param name="State">The job.</param>
/// <param name="Program">What it runs.</param>
/// <param name="NextProgram">What it runs from the next scheduling on; null: the same.</param>
/// <param name="CheckpointUrl">Where its checkpoints are.</param>
internal sealed record KeptJob(StreamJob State, Program Program, Program? NextProgram, string CheckpointUrl)
{
    /// <summary>No job.</summary>
    public static readonly KeptJob None = new(StreamJob.None, new Program(), null, "");

    /// <summary>Name of the savepoint that it begins from as long as it has no checkpoint; null for none.</summary>
    public string? Savepoint { get; init; }

    /// <summary>The same with another state: a next program that the state has taken up is the program from then on.</summary>
    public KeptJob With(StreamJob state) => NextProgram is { } next && state.NextPlan is null
        ? this with { State = state, Program = next, NextProgram = null }
        : this with { State = state };
}

/// <summary>Turns jobs into what is stored, and back.</summary>
internal static class StoredJobs
{
    public static StoredJob ToStored(this KeptJob kept)
    {
        var job = kept.State;
        return new StoredJob
        {
            Id = job.JobId,
            Program = kept.Program.ToByteArray(),
            NextProgram = kept.NextProgram?.ToByteArray(),
            CheckpointUrl = kept.CheckpointUrl,
            CheckpointInterval = job.Settings.CheckpointInterval,
            IsPreview = job.Settings.IsPreview,
            TimeToLive = job.Settings.TimeToLive,
            Savepoint = kept.Savepoint,
            Seed = unchecked((long)job.Seed),
            Status = job.Status,
            Phase = job.Phase,
            SinceUtc = job.StatusSinceUtc,
            DeadlineUtc = job.DeadlineUtc,
            Generation = job.Generation,
            StopMode = job.StopMode,
            IsStateUnwanted = job.IsStateUnwanted,
            IgnoreBefore = job.IgnoreBefore,
            Workers = [.. job.Assignment.Workers.Select(worker => new StoredWorker(worker.Id, worker.Slots, worker.DataAddress, worker.RpcAddress, worker.IsDraining))],
            Placements = [.. job.Assignment.Placements.Select(one => new StoredPlacement(one.Subtask.NodeId, one.Subtask.Index, one.Worker, job.Finished.Contains(one.Subtask)))],
            RestartCount = job.RestartCount,
            EndsUtc = job.EndsUtc,
            Failure = job.Failure is { } failure ? new StoredFailure(failure.Code, failure.Message, failure.IsRetryable) : null,
            IsGivingUp = job.IsGivingUp,
            Checkpoints = ToStored(job.Book),
        };
    }

    public static KeptJob ToJob(this StoredJob stored)
    {
        var (program, next) = (Program.Parser.ParseFrom(stored.Program), stored.NextProgram is { } bytes ? Program.Parser.ParseFrom(bytes) : null);
        var state = StreamJob.None with
        {
            JobId = stored.Id,
            Plan = JobPlan.From(program),
            NextPlan = next is null ? null : JobPlan.From(next),
            Settings = new JobSettings { CheckpointInterval = stored.CheckpointInterval, IsPreview = stored.IsPreview, TimeToLive = stored.TimeToLive },
            Seed = unchecked((ulong)stored.Seed),
            Status = stored.Status,
            Phase = stored.Phase,
            StatusSinceUtc = stored.SinceUtc,
            DeadlineUtc = stored.DeadlineUtc,
            Generation = stored.Generation,
            StopMode = stored.StopMode,
            IsStateUnwanted = stored.IsStateUnwanted,
            IgnoreBefore = stored.IgnoreBefore,
            Assignment = new JobAssignment(
                [.. stored.Placements.Select(one => new SubtaskPlacement(new SubtaskKey((uint)one.Node, one.Index), one.Worker))],
                [.. stored.Workers.Select(worker => new JobWorker(worker.Id, worker.Slots, worker.DataAddress, worker.RpcAddress, worker.IsDraining))]),
            Finished = [.. stored.Placements.Where(one => one.HasEnded).Select(one => new SubtaskKey((uint)one.Node, one.Index))],
            RestartCount = stored.RestartCount,
            EndsUtc = stored.EndsUtc,
            Failure = stored.Failure is { } failure ? new JobFailure(failure.Code, failure.Message, failure.IsRetryable) : null,
            IsGivingUp = stored.IsGivingUp,
            Book = ToBook(stored.Checkpoints),
        };
        return new KeptJob(state, program, next, stored.CheckpointUrl) { Savepoint = stored.Savepoint };
    }

    private static StoredBook ToStored(CheckpointBook book) => new()
    {
        Epoch = book.Epoch,
        MinEpoch = book.MinEpoch,
        Kept = [.. book.Kept],
        Latest = book.Latest is { } latest
            ? new StoredCheckpoint(latest.Epoch, latest.Generation, latest.Manifest, latest.NeedsCommit, latest.IsCommitted, ToBytes(latest.Commits)) { HoldsRows = latest.HoldsRows }
            : null,
        Current = book.Current is { } run ? ToStored(run) : null,
        DueUtc = book.DueUtc,
        IsLastWanted = book.IsLastWanted,
        IsFinalTaken = book.IsFinalTaken,
        FailedInARow = book.FailedInARow,
        Finals = ToParts(book.Finals),
        Compactions = [.. book.Compactions.Select(ask => new StoredCompaction(ask.OperatorId, ask.Table, ask.UntilUtc))],
    };

    private static CheckpointBook ToBook(StoredBook stored) => CheckpointBook.New with
    {
        Epoch = stored.Epoch,
        MinEpoch = stored.MinEpoch,
        Kept = [.. stored.Kept],
        Latest = stored.Latest is { } latest
            ? new JobCheckpoint(latest.Epoch, latest.Generation, latest.Manifest) { NeedsCommit = latest.NeedsCommit, IsCommitted = latest.IsCommitted, Commits = ToCommits(latest.Commits), HoldsRows = latest.HoldsRows }
            : null,
        Current = stored.Current is { } run ? ToRun(run) : null,
        DueUtc = stored.DueUtc,
        IsLastWanted = stored.IsLastWanted,
        IsFinalTaken = stored.IsFinalTaken,
        FailedInARow = stored.FailedInARow,
        Finals = FromParts(stored.Finals),
        Compactions = [.. stored.Compactions.Select(ask => new CompactionAsk(ask.OperatorId, ask.Table, ask.UntilUtc))],
    };

    private static StoredCheckpointRun ToStored(CheckpointRun run) => new()
    {
        Epoch = run.Epoch,
        Phase = run.Phase,
        StartedUtc = run.StartedUtc,
        DeadlineUtc = run.DeadlineUtc,
        ThenStop = run.ThenStop,
        IsReplay = run.IsReplay,
        IsFinal = run.IsFinal,
        Gathered = ToParts(run.Gathered),
        Manifest = run.Manifest?.ToByteArray(),
        Commits = ToBytes(run.Commits),
        Uncommitted = [.. run.Uncommitted.Select(one => new StoredPart(one.OperatorId, one.Index))],
    };

    private static CheckpointRun ToRun(StoredCheckpointRun stored) => new(stored.Epoch, stored.Phase, stored.StartedUtc, stored.DeadlineUtc)
    {
        ThenStop = stored.ThenStop,
        IsReplay = stored.IsReplay,
        IsFinal = stored.IsFinal,
        Gathered = FromParts(stored.Gathered),
        Manifest = stored.Manifest is { } manifest ? CheckpointManifest.Parser.ParseFrom(manifest) : null,
        Commits = ToCommits(stored.Commits),
        Uncommitted = [.. stored.Uncommitted.Select(one => new OperatorSubtask(one.OperatorId, one.Index))],
    };

    private static List<StoredPart> ToParts(ImmutableSortedDictionary<OperatorSubtask, StoredSubtask> parts) =>
        [.. parts.Select(one => new StoredPart(one.Key.OperatorId, one.Key.Index, one.Value.State.ToByteArray(), one.Value.NeedsCommit))];

    private static ImmutableSortedDictionary<OperatorSubtask, StoredSubtask> FromParts(List<StoredPart> parts) =>
        parts.ToImmutableSortedDictionary(one => new OperatorSubtask(one.OperatorId, one.Index), one => new StoredSubtask(SubtaskState.Parser.ParseFrom(one.State ?? []), one.NeedsCommit));

    private static List<byte[]> ToBytes(ImmutableArray<SubtaskCommit> commits) => [.. commits.Select(commit => commit.ToByteArray())];

    private static ImmutableArray<SubtaskCommit> ToCommits(List<byte[]> commits) => [.. commits.Select(SubtaskCommit.Parser.ParseFrom)];
}
