namespace OrleansFlow.Tasks;

/// <summary>
/// One leased task. Key: the text of its <see cref="TaskId"/>. A standalone task owns its own state; for a task of a run this grain is
/// the face of the lease, and the run's grain is the one owner of epoch, outcome and effects.
/// </summary>
/// <remarks>Every effect presents its lease; one with another epoch is refused and counted, never applied (lease rule 2).</remarks>
[Alias("OrleansFlow.ITaskGrain")]
public interface ITaskGrain : IGrainWithStringKey
{
    /// <summary>Accepts a standalone task. Durable, and queued for its role, before it returns. Repeating it with the same content is fine.</summary>
    /// <returns>True when the task is new.</returns>
    /// <exception cref="Errors.FlowException"><c>already_exists</c>: the id has other content.</exception>
    [Alias("Submit")]
    Task<bool> SubmitAsync(TaskSubmission submission, CancellationToken cancellationToken);

    /// <summary>Leases the task to a worker's session; durable before it returns.</summary>
    /// <returns>The grant, or null when the task is not ready (leased, ended, not yet allowed to start, or unknown).</returns>
    [Alias("Grant")]
    Task<LeaseGrant?> GrantAsync(WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>Extends the lease by the lease duration from now. Not durable: after a restart a stored lease stands for its full duration again.</summary>
    /// <returns>False when the lease is not the current one.</returns>
    [Alias("Renew")]
    Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken);

    /// <summary>Records one output batch; durable before it returns. The first accepted batch of a number stands.</summary>
    [Alias("ReportBatch")]
    Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken);

    /// <summary>Saves a checkpoint for the next attempt; durable before it returns. The newest of the current lease stands.</summary>
    [Alias("SaveCheckpoint")]
    Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken);

    /// <summary>A worker that started again goes on with a lease that it holds: the lease is renewed for its new session, with the same epoch.</summary>
    /// <returns>All that the worker needs to run the attempt again; null when the lease does not stand or is another worker's.</returns>
    [Alias("Adopt")]
    Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>Records the attempt's end; durable, with everything that follows from it, before it returns.</summary>
    [Alias("Complete")]
    Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Ends a lease for a stated reason; the task is ready again with the next grant's epoch + 1. A lease that is not current is left alone.</summary>
    [Alias("Revoke")]
    Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken);

    /// <summary>Cancels a standalone task; final once it returns. A task of a run is cancelled with its run only.</summary>
    [Alias("Cancel")]
    Task<TaskView> CancelAsync(string reason, CancellationToken cancellationToken);

    /// <summary>Where the task stands; also ends the lease when its time is over, so a queue may use it as a check-up.</summary>
    /// <returns>Null for an unknown task.</returns>
    [Alias("Get")]
    Task<TaskView?> GetAsync(CancellationToken cancellationToken);

    /// <summary>Yields the task's end once; at once when it has ended.</summary>
    [Alias("WatchEnd")]
    IAsyncEnumerable<TaskView> WatchEndAsync(CancellationToken cancellationToken);
}
