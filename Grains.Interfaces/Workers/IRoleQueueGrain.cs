using OrleansFlow.Limits;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

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

    /// <summary>Offers tasks whose run is about to commit that they are ready. Nothing is stored: a run enqueues what was not leased once it has committed.</summary>
    /// <param name="entries">The tasks. Those that a limit counts are left out.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Those that a worker is being asked to take: it asks the run for a lease, or the run is told that the offer came to nothing.</returns>
    [Alias("Offer")]
    Task<IReadOnlyList<TaskId>> OfferAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken);

    /// <summary>
    /// Gives away slots of workers that have nothing else to do, so that tasks which are only being created can be leased in the commit that creates them.
    /// </summary>
    /// <param name="count">How many are wanted; 1 or more.</param>
    /// <param name="needs">What a worker must offer, in the spelling of <c>PlacementTraits</c>; null for any.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>As many as there are, by worker; none while other tasks wait, or where a limit counts tasks of the role.</returns>
    [Alias("TakeSlots")]
    Task<IReadOnlyList<SlotTicket>> TakeSlotsAsync(int count, string? needs, CancellationToken cancellationToken);

    /// <summary>Forgets tasks that have ended. Stored lazily: an entry that comes back after a crash is dropped when its owner is asked.</summary>
    [Alias("Remove")]
    Task RemoveAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken);

    /// <summary>A worker serves the role, or is about to: marks the role as known, durably, the first time. Repeating it is fine.</summary>
    [Alias("Announce")]
    Task AnnounceAsync(CancellationToken cancellationToken);

    /// <summary>A worker serves the role and has free slots (0: none now). Marks the role as known, durably, the first time.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="freeSlots">Slots that may be promised.</param>
    /// <param name="traits">Its labels and its version of the role, in the spelling of <c>PlacementTraits</c>; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("SetAvailable")]
    Task SetAvailableAsync(WorkerId worker, int freeSlots, string? traits, CancellationToken cancellationToken);

    /// <summary>A worker no longer serves the role.</summary>
    [Alias("Leave")]
    Task LeaveAsync(WorkerId worker, CancellationToken cancellationToken);

    /// <summary>Leases the workflow step whose turn it is to a worker that asks for it, instead of being offered steps in a session.</summary>
    /// <param name="worker">The worker; it can do any step of the role.</param>
    /// <param name="session">Which life of that worker.</param>
    /// <param name="cancellationToken">Stops waiting; a step that was being leased comes back when its lease ends.</param>
    /// <returns>The lease; null when nothing is ready, or all that is waits for a limit.</returns>
    [Alias("TakeStep")]
    Task<WorkflowStepLease?> TakeStepAsync(WorkerId worker, string session, CancellationToken cancellationToken);

    /// <summary>Tells, at first and then whenever there may be something to take, how many tasks are ready. What comes meanwhile is told once.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    [Alias("WatchReady")]
    IAsyncEnumerable<int> WatchReadyAsync(CancellationToken cancellationToken);

    /// <summary>From a limit that the queue shares with others: what it may have in hand.</summary>
    /// <param name="scope">Key of the limit's grain.</param>
    /// <param name="grant">What it may have; null only to ask what it has.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it has and wants, when the grant answers nothing that it said; null when there is nothing to say, or it does not know yet.</returns>
    [Alias("TellLimit")]
    Task<LimitReport?> TellLimitAsync(string scope, LimitGrant? grant, CancellationToken cancellationToken);

    /// <summary>Whether the role is known, and how much waits.</summary>
    [Alias("GetStatus")]
    Task<RoleQueueStatus> GetStatusAsync(CancellationToken cancellationToken);
}

/// <summary>One queued task.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Priority">Higher is leased first.</param>
/// <param name="ReadyUtc">When it became ready; older is leased first.</param>
/// <param name="Needs">Labels and version that a worker must offer, in the spelling of <c>PlacementTraits</c>; null for any worker.</param>
/// <param name="Near">The worker that has the task's input at hand: preferred while it has room; default for none. Not stored.</param>
/// <param name="LimitKey">What its limit is shared by; null for no limit.</param>
/// <param name="Limit">How many tasks of that key may be in flight at once, over all queues.</param>
/// <param name="IsInHand">True: the task is in hand, and is told of because it counts for a limit.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.QueueEntry")]
public readonly record struct QueueEntry(
    [property: Id(0)] TaskId TaskId,
    [property: Id(1)] int Priority,
    [property: Id(2)] DateTimeOffset ReadyUtc,
    [property: Id(3)] string? Needs = null,
    [property: Id(4)] WorkerId Near = default,
    [property: Id(5)] string? LimitKey = null,
    [property: Id(6)] int Limit = 0,
    [property: Id(7)] bool IsInHand = false);

/// <summary>Ready tasks that no worker of the role can run as things are.</summary>
/// <param name="Needs">What they need, in the spelling of <c>PlacementTraits</c>; empty for a worker of the role, whichever.</param>
/// <param name="ReadyCount">How many there are.</param>
/// <param name="OldestReadyUtc">Since when the oldest of them waits.</param>
/// <param name="Reason">What is missing, for people.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.UnservedTasks")]
public sealed record UnservedTasks(
    [property: Id(0)] string Needs, [property: Id(1)] int ReadyCount, [property: Id(2)] DateTimeOffset OldestReadyUtc, [property: Id(3)] string Reason);

/// <summary>State of a role's queue.</summary>
/// <param name="Known">True once any worker has announced the role.</param>
/// <param name="ReadyCount">Tasks waiting for a worker.</param>
/// <param name="InFlightCount">Tasks handed out and not yet ended.</param>
/// <param name="WorkerCount">Workers that serve the role now.</param>
/// <param name="OldestReadyUtc">When the oldest waiting task became ready; null when none waits.</param>
/// <param name="Unserved">Those of the ready tasks that none of the workers can run, by what they need; null for none.</param>
/// <param name="FreeSlots">Slots that the workers of the role have free now.</param>
/// <param name="Limit">The limit that keeps every task of the role waiting, for people; null when none does.</param>
/// <param name="FullKeys">The keys whose limit keeps ready tasks waiting; null for none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RoleQueueStatus")]
public sealed record RoleQueueStatus(
    [property: Id(0)] bool Known,
    [property: Id(1)] int ReadyCount,
    [property: Id(2)] int InFlightCount,
    [property: Id(3)] int WorkerCount,
    [property: Id(4)] DateTimeOffset? OldestReadyUtc,
    [property: Id(5)] IReadOnlyList<UnservedTasks>? Unserved = null,
    [property: Id(6)] int FreeSlots = 0,
    [property: Id(7)] string? Limit = null,
    [property: Id(8)] IReadOnlyList<string>? FullKeys = null);
