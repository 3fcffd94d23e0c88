using System.Collections.Immutable;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>One thing that happened to a leased task.</summary>
/// <param name="AtUtc">When it was decided.</param>
public abstract record LeaseEvent(DateTimeOffset AtUtc)
{
    /// <summary>False for what may be forgotten in a crash: it is neither awaited nor a reason to write.</summary>
    public virtual bool IsDurable => true;
}

/// <summary>The task may be leased.</summary>
public sealed record TaskReadied(DateTimeOffset AtUtc) : LeaseEvent(AtUtc);

/// <summary>A worker's session got the lease.</summary>
public sealed record LeaseGranted(DateTimeOffset AtUtc, long Epoch, WorkerId Worker, string SessionId, DateTimeOffset ExpiresUtc) : LeaseEvent(AtUtc);

/// <summary>The lease holds longer. Not durable: after a restart a stored lease stands for its full duration again.</summary>
public sealed record LeaseRenewed(DateTimeOffset AtUtc, long Epoch, WorkerId Worker, string SessionId, DateTimeOffset ExpiresUtc, double? Progress)
    : LeaseEvent(AtUtc)
{
    /// <summary>True when the lease was read from storage: the time without a batch counts from here again.</summary>
    public bool IsRestored { get; init; }

    /// <inheritdoc/>
    public override bool IsDurable => false;
}

/// <summary>An output batch stands.</summary>
public sealed record BatchAccepted(DateTimeOffset AtUtc, int Index, AcceptedBatch Batch, ImmutableSortedDictionary<string, double> Metrics) : LeaseEvent(AtUtc);

/// <summary>A lost output batch was made again: its file is another one, all else of it stands.</summary>
public sealed record BatchRemade(DateTimeOffset AtUtc, int Index, AcceptedBatch Batch) : LeaseEvent(AtUtc);

/// <summary>Accepted batches of the task are lost: it is to make them again once it is readied. A lease that stood was revoked before.</summary>
public sealed record TaskRemade(DateTimeOffset AtUtc) : LeaseEvent(AtUtc);

/// <summary>A checkpoint took the place of the one before it.</summary>
public sealed record CheckpointSaved(DateTimeOffset AtUtc, LeaseCheckpoint Checkpoint) : LeaseEvent(AtUtc);

/// <summary>The work is done.</summary>
public sealed record TaskCompleted(DateTimeOffset AtUtc, string? ResultJson, ImmutableSortedDictionary<string, double> Metrics) : LeaseEvent(AtUtc);

/// <summary>An attempt failed and the task is tried again later.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Failure">Why.</param>
/// <param name="UntilUtc">When the task is ready again.</param>
/// <param name="Reported">True when the worker reported the failure; false for a time-out.</param>
/// <param name="Epoch">Epoch of the lease that ended.</param>
/// <param name="Worker">Its holder.</param>
public sealed record TaskBackedOff(DateTimeOffset AtUtc, LeaseFailure Failure, DateTimeOffset UntilUtc, bool Reported, long Epoch, WorkerId Worker)
    : LeaseEvent(AtUtc);

/// <summary>The task failed for good.</summary>
/// <param name="AtUtc">When it was decided.</param>
/// <param name="Failure">Why.</param>
/// <param name="Reported">True when the worker reported the failure; false for a time-out.</param>
/// <param name="Epoch">Epoch of the lease that ended.</param>
/// <param name="Worker">Its holder.</param>
public sealed record TaskFailed(DateTimeOffset AtUtc, LeaseFailure Failure, bool Reported, long Epoch, WorkerId Worker) : LeaseEvent(AtUtc);

/// <summary>The lease ended without an outcome; the task is ready again and no retry is spent.</summary>
public sealed record LeaseRevoked(DateTimeOffset AtUtc, long Epoch, WorkerId Worker, string Reason) : LeaseEvent(AtUtc)
{
    /// <summary>More than the reason, for people; null for nothing more.</summary>
    public string? Detail { get; init; }

    /// <summary>True when the worker itself said that the attempt has ended.</summary>
    public bool IsReported { get; init; }
}

/// <summary>The task may not be leased until it is readied again. A lease that stood was revoked before.</summary>
public sealed record TaskWithheld(DateTimeOffset AtUtc, string Reason) : LeaseEvent(AtUtc);

/// <summary>The task was cancelled.</summary>
public sealed record TaskCancelled(DateTimeOffset AtUtc, string Reason) : LeaseEvent(AtUtc);

/// <summary>An effect was refused because its epoch was not current. Changes only a counter.</summary>
public sealed record EffectRefused(DateTimeOffset AtUtc, long Epoch) : LeaseEvent(AtUtc)
{
    /// <inheritdoc/>
    public override bool IsDurable => false;
}
