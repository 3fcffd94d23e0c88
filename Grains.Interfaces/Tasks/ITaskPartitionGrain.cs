using OrleansFlow.Workers;

namespace OrleansFlow.Tasks;

/// <summary>
/// Owns many standalone tasks: their leases, outcomes and results. Key: what <see cref="TaskPartitions.KeyOf"/> gives for a task's id.
/// </summary>
/// <remarks>
/// Every call takes many tasks, which share one commit with each other and with all other calls that wait then; answers stand in the order of
/// the arguments. One task alone waits for nobody. What a single task promises is said at <see cref="ITaskGrain"/>.
/// </remarks>
[Alias("OrleansFlow.ITaskPartitionGrain")]
public interface ITaskPartitionGrain : IGrainWithStringKey
{
    /// <summary>Accepts tasks; durable, and offered to their queues once, when it returns. Repeating it with the same content is fine.</summary>
    /// <returns>For each: true when the task is new.</returns>
    /// <exception cref="Errors.FlowException"><c>already_exists</c>: an id has other content; <c>bad_input</c>. None of the call's tasks is accepted then.</exception>
    [Alias("Submit")]
    Task<IReadOnlyList<bool>> SubmitAsync(IReadOnlyList<NewTask> tasks, CancellationToken cancellationToken);

    /// <summary>Leases tasks to a worker's session; durable before it returns.</summary>
    /// <returns>For each: the grant; null when the task is not ready (leased, ended, backing off, or unknown).</returns>
    [Alias("Grant")]
    Task<IReadOnlyList<LeaseGrant?>> GrantAsync(IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>Extends leases by the lease duration from now; not durable.</summary>
    /// <returns>For each: false when the lease is not the current one.</returns>
    [Alias("Renew")]
    Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<LeaseRenewal> leases, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.AdoptAsync"/>.</summary>
    [Alias("Adopt")]
    Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.SaveCheckpointAsync"/>.</summary>
    [Alias("SaveCheckpoint")]
    Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken);

    /// <summary>Records output batches; durable before it returns.</summary>
    [Alias("ReportBatches")]
    Task<IReadOnlyList<EffectReceipt>> ReportBatchesAsync(IReadOnlyList<BatchReport> reports, CancellationToken cancellationToken);

    /// <summary>Records the ends of attempts; durable, with everything that follows from them, before it returns.</summary>
    [Alias("Complete")]
    Task<IReadOnlyList<EffectReceipt>> CompleteAsync(IReadOnlyList<AttemptOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary>Ends leases for a stated reason. Those that are not current are left alone.</summary>
    [Alias("Revoke")]
    Task RevokeAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken);

    /// <summary>Cancels a task; final once it returns.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>, <c>already_ended</c>.</exception>
    [Alias("Cancel")]
    Task<TaskView> CancelAsync(TaskId task, string reason, CancellationToken cancellationToken);

    /// <summary>Where a task stands; also ends its lease when its time is over.</summary>
    /// <returns>Null for an unknown task.</returns>
    [Alias("Get")]
    Task<TaskView?> GetAsync(TaskId task, CancellationToken cancellationToken);

    /// <summary>Forgets tasks that ended long ago, a row of them at a time, oldest first; durable before it returns.</summary>
    /// <param name="endedBeforeUtc">Only rows whose tasks have all ended before this moment go.</param>
    /// <param name="limit">Most tasks to forget.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many were forgotten; fewer than asked for when there are no more.</returns>
    [Alias("Sweep")]
    Task<int> SweepAsync(DateTimeOffset endedBeforeUtc, int limit, CancellationToken cancellationToken);

    /// <summary>The tasks of a role that wait for a worker, oldest first: what a queue that has forgotten them asks for.</summary>
    /// <param name="role">The role.</param>
    /// <param name="withInHand">Whether those that are leased or back off are to be told of too, because they count for a limit.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("ListReady")]
    Task<IReadOnlyList<QueueEntry>> ListReadyAsync(string role, bool withInHand, CancellationToken cancellationToken);

    /// <summary>Yields the end of each of the tasks once, as many at a time as there are; closes with the last.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: one of them is unknown.</exception>
    [Alias("WatchEnds")]
    IAsyncEnumerable<IReadOnlyList<TaskView>> WatchEndsAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken);
}

/// <summary>A standalone task with its id.</summary>
/// <param name="TaskId">Its id; standalone.</param>
/// <param name="Submission">What it is.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.NewTask")]
public readonly record struct NewTask([property: Id(0)] TaskId TaskId, [property: Id(1)] TaskSubmission Submission);
