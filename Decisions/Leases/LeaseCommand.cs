using System.Collections.Immutable;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>One thing that is asked of a leased task.</summary>
public abstract record LeaseCommand;

/// <summary>The task may start.</summary>
public sealed record MakeReady : LeaseCommand;

/// <summary>Lease the task to a worker's session.</summary>
public sealed record GrantLease(WorkerId Worker, string SessionId) : LeaseCommand;

/// <summary>A holder is alive.</summary>
public sealed record RenewLease(long Epoch, WorkerId Worker, string SessionId, double? Progress) : LeaseCommand;

/// <summary>A batch was written.</summary>
public sealed record AcceptBatch(long Epoch, int Index, AcceptedBatch Batch, ImmutableSortedDictionary<string, double>? Metrics = null) : LeaseCommand
{
    /// <summary>Saved in the same step, as made after this batch; null for none.</summary>
    public LeaseCheckpoint? Checkpoint { get; init; }
}

/// <summary>The work got so far that another attempt can go on from there.</summary>
public sealed record SaveCheckpoint(long Epoch, LeaseCheckpoint Checkpoint) : LeaseCommand;

/// <summary>The attempt's work is done, with <paramref name="BatchCount"/> batches in all.</summary>
public sealed record CompleteAttempt(long Epoch, int BatchCount, string? ResultJson = null, ImmutableSortedDictionary<string, double>? Metrics = null)
    : LeaseCommand;

/// <summary>The attempt failed.</summary>
public sealed record FailAttempt(long Epoch, LeaseFailure Failure) : LeaseCommand;

/// <summary>The attempt ended because batches of its parents are gone. Of a task of a run alone: the run has them made again, and no retry is spent.</summary>
/// <param name="Epoch">Epoch of the lease.</param>
/// <param name="Inputs">The batches; one at least.</param>
/// <param name="Failure">What it is where they cannot be made again.</param>
public sealed record LoseInputs(long Epoch, ImmutableArray<LostInput> Inputs, LeaseFailure Failure) : LeaseCommand;

/// <summary>An accepted batch of the task is lost: make its batches again. Nothing changes where that is under way.</summary>
/// <param name="Index">Number of the lost batch.</param>
/// <param name="TimesMax">How often one task may begin so.</param>
public sealed record RemakeTask(int Index, int TimesMax) : LeaseCommand;

/// <summary>The attempt stopped because it was told to.</summary>
public sealed record StopAttempt(long Epoch) : LeaseCommand;

/// <summary>End the lease for a stated reason.</summary>
public sealed record RevokeLease(long Epoch, string Reason) : LeaseCommand;

/// <summary>The task may not start any more until it is made ready again: its lease ends, its back-off too.</summary>
public sealed record WithholdTask(string Reason) : LeaseCommand;

/// <summary>Time has passed: end what is over, make ready what has backed off long enough.</summary>
public sealed record PassTime : LeaseCommand;

/// <summary>The task was read from storage: a lease that stands does so for its full duration again.</summary>
public sealed record RestoreLease : LeaseCommand;

/// <summary>The control plane did the work itself, before anybody leased the task.</summary>
/// <param name="ResultJson">The result; null for none.</param>
/// <param name="Failure">Why it failed, for good; null when it did not.</param>
public sealed record EndTask(string? ResultJson, LeaseFailure? Failure) : LeaseCommand;

/// <summary>Cancel the task.</summary>
public sealed record CancelTask(string Reason) : LeaseCommand;
