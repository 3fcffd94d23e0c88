using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>
/// The ready tasks of a role, by priority then age, and the workers that wait for them. Key: <c>ROLE/PARTITION</c>.
/// </summary>
/// <remarks>
/// The queue is a hint, the task's owner is the truth: an entry whose task turns out not to be ready is dropped. Entries stay, marked in
/// flight, until the owner says that the task has ended, so that the queue's reminder can wake the owner after a silo was lost.
/// </remarks>
[Alias("OrleansFlow.IRoleQueueGrain")]
public interface IRoleQueueGrain : IGrainWithStringKey
{
    /// <summary>Adds ready tasks, or makes ones in flight ready again. Durable before it returns. Repeating it is fine.</summary>
    [Alias("Enqueue")]
    Task EnqueueAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken);

    /// <summary>Forgets tasks that have ended. Stored lazily: an entry that comes back after a crash is dropped when its owner is asked.</summary>
    [Alias("Remove")]
    Task RemoveAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken);

    /// <summary>A worker serves the role and has free slots (0: none now). Marks the role as known, durably, the first time.</summary>
    [Alias("SetAvailable")]
    Task SetAvailableAsync(WorkerId worker, int freeSlots, CancellationToken cancellationToken);

    /// <summary>A worker no longer serves the role.</summary>
    [Alias("Leave")]
    Task LeaveAsync(WorkerId worker, CancellationToken cancellationToken);

    /// <summary>Whether the role is known, and how much waits.</summary>
    [Alias("GetStatus")]
    Task<RoleQueueStatus> GetStatusAsync(CancellationToken cancellationToken);
}

/// <summary>One queued task.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Priority">Higher is leased first.</param>
/// <param name="ReadyUtc">When it became ready; older is leased first.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueueEntry")]
public readonly record struct QueueEntry([property: Id(0)] TaskId TaskId, [property: Id(1)] int Priority, [property: Id(2)] DateTimeOffset ReadyUtc);

/// <summary>State of a role's queue.</summary>
/// <param name="Known">True once any worker has announced the role.</param>
/// <param name="ReadyCount">Tasks waiting for a worker.</param>
/// <param name="InFlightCount">Tasks handed out and not yet ended.</param>
/// <param name="WorkerCount">Workers that serve the role now.</param>
/// <param name="OldestReadyUtc">When the oldest waiting task became ready; null when none waits.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RoleQueueStatus")]
public sealed record RoleQueueStatus(
    [property: Id(0)] bool Known,
    [property: Id(1)] int ReadyCount,
    [property: Id(2)] int InFlightCount,
    [property: Id(3)] int WorkerCount,
    [property: Id(4)] DateTimeOffset? OldestReadyUtc);
