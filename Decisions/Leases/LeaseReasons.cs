namespace OrleansFlow.Decisions.Leases;

/// <summary>Stable texts that say why a lease ended or an effect was refused. They travel and are shown to people.</summary>
public static class LeaseReasons
{
    /// <summary>The lease was not renewed in time.</summary>
    public const string LeaseExpired = "lease_expired";

    /// <summary>The store was put back to a backup that is older than what the worker knows.</summary>
    public const string StoreRestored = "store_restored";

    /// <summary>No session holds the lease any more.</summary>
    public const string ConnectionLost = "connection_lost";

    /// <summary>The worker came back without it: the process had ended, and the attempt with it.</summary>
    public const string WorkerRestarted = "worker_restarted";

    /// <summary>The task lost more workers than it may.</summary>
    public const string TooManyTakeovers = "too_many_takeovers";

    /// <summary>The worker stopped the attempt because it was told to.</summary>
    public const string Stopped = "stopped";

    /// <summary>The attempt had started at a first batch, and a task that it waits for found no slot.</summary>
    public const string SlotNeeded = "slot_needed";

    /// <summary>A batch of a parent is gone, or one of its own: it is made again first.</summary>
    public const string ArtifactLost = "artifact_lost";

    /// <summary>Somebody asked for the node, or for one that it follows from, to be run once more.</summary>
    public const string Rerun = "rerun";

    /// <summary>The work was cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The attempt took longer than its node allows.</summary>
    public const string DeadlineExceeded = "deadline_exceeded";

    /// <summary>The attempt made no batch for longer than its node allows.</summary>
    public const string BatchDeadlineExceeded = "batch_deadline_exceeded";

    /// <summary>A list or another thing is larger than its node allows.</summary>
    public const string LimitExceeded = "limit_exceeded";

    /// <summary>So many tasks of a scattered node have failed that its barrier cannot be met.</summary>
    public const string BarrierUnreachable = "barrier_unreachable";

    /// <summary>The node's barrier was met without this task.</summary>
    public const string BarrierMet = "barrier_met";

    /// <summary>A parent that the node was reading from failed.</summary>
    public const string UpstreamFailed = "upstream_failed";

    /// <summary>Somebody rejected the gate.</summary>
    public const string Rejected = "rejected";

    /// <summary>The arguments of a function cannot be right.</summary>
    public const string BadInputArgs = "bad_input_args";

    /// <summary>Refusal: the presented epoch is not the current lease's.</summary>
    public const string LeaseLost = "lease_lost";

    /// <summary>Refusal: the report contradicts what was accepted before.</summary>
    public const string BadInput = "bad_input";

    /// <summary>Refusal: the work has ended.</summary>
    public const string AlreadyEnded = "already_ended";

    /// <summary>Refusal: the task cannot be leased now.</summary>
    public const string NotReady = "not_ready";

    /// <summary>Failure of an attempt that made a lost batch again, but not the same.</summary>
    public const string BatchMismatch = "batch_mismatch";

    /// <summary>Failure of an attempt whose completion named another number of batches than were accepted.</summary>
    public const string BatchCountMismatch = "batch_count_mismatch";
}
