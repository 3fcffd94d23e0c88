using System.Collections.Immutable;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>One leased task as a value. Changed only by the Apply of <see cref="LeaseDecider"/>.</summary>
public sealed record TaskLease
{
    /// <summary>A task that may not start yet.</summary>
    public static readonly TaskLease Pending = new();

    /// <summary>Where it stands.</summary>
    public FlowTaskStatus Status { get; init; }

    /// <summary>Attempts begun.</summary>
    public int Attempt { get; init; }

    /// <summary>Epoch of the newest lease; 0 before the first. Only grows.</summary>
    public long Epoch { get; init; }

    /// <summary>The current lease; for a cancelled task the one that stood when it was cancelled, so that its worker can still be told.</summary>
    public LeaseHolder? Holder { get; init; }

    /// <summary>Holder of the current lease or of the last one; default before the first.</summary>
    public WorkerId LastWorker { get; init; }

    /// <summary>When it became ready (<see cref="FlowTaskStatus.Ready"/>) or will (<see cref="FlowTaskStatus.BackingOff"/>); null otherwise.</summary>
    public DateTimeOffset? ReadyUtc { get; init; }

    /// <summary>Epoch of the newest lease before the task last began anew; batches of it and of older ones do not count. 0: it never did.</summary>
    public long BaseEpoch { get; init; }

    /// <summary>Output batches that stand, by number.</summary>
    public ImmutableList<AcceptedBatch> Batches { get; init; } = [];

    /// <summary>What is known of batches that were lost and are made again; null when none ever were.</summary>
    public LeaseRemake? Remake { get; init; }

    /// <summary>How many of <see cref="Batches"/> an attempt need not make any more: all of them, but while they are made again.</summary>
    public int StandingCount => Remake?.Standing ?? Batches.Count;

    /// <summary>True while batches that had been accepted are to be made again.</summary>
    public bool IsBeingRemade => Remake?.Standing is not null && !IsTerminal;

    /// <summary>Where the next attempt can go on; null when none was saved, and once the task has completed.</summary>
    public LeaseCheckpoint? Checkpoint { get; init; }

    /// <summary>Failures that were followed by a retry.</summary>
    public int RetriesSpent { get; init; }

    /// <summary>How often its worker was lost and the lease with it.</summary>
    public int Takeovers { get; init; }

    /// <summary>Epoch whose end its worker reported as failed or completed; 0 for none. A repeated report is then answered as before.</summary>
    public long ReportedEpoch { get; init; }

    /// <summary>0 to 1 as last reported; not durable.</summary>
    public double Progress { get; init; }

    /// <summary>Why the last failed attempt failed; null when none did.</summary>
    public LeaseFailure? Failure { get; init; }

    /// <summary>The result; null before completion or when there is none.</summary>
    public string? ResultJson { get; init; }

    /// <summary>Effects refused because their epoch was not current; not durable.</summary>
    public long RefusedEffects { get; init; }

    /// <summary>True in a state that nothing leaves.</summary>
    public bool IsTerminal => Status is FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled;

    /// <summary>Whether an effect that presents <paramref name="epoch"/> at <paramref name="nowUtc"/> comes from the current lease.</summary>
    public bool IsCurrent(long epoch, DateTimeOffset nowUtc) =>
        Status == FlowTaskStatus.Leased && epoch == Epoch && Holder is { } holder && nowUtc < holder.ExpiresUtc;

    /// <summary>When something is to be decided without a message: expiry, time-out or the end of a back-off; null when nothing is.</summary>
    public DateTimeOffset? DueUtc(LeasePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Status switch
        {
            FlowTaskStatus.BackingOff => ReadyUtc,
            FlowTaskStatus.Leased when Holder is { } holder => Earlier(
                Earlier(holder.ExpiresUtc, holder.GrantedUtc + policy.AttemptTimeout), (holder.BatchUtc ?? holder.GrantedUtc) + policy.BatchTimeout),
            _ => null,
        };

        static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other < one ? other.Value : one;
    }
}
