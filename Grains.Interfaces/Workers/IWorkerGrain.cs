using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>One worker: its session, roles, slots, liveness and the leases it holds. Key: the <see cref="WorkerId"/>.</summary>
/// <remarks>
/// The session object in the gateway talks to this grain; queues assign tasks through it, because it alone knows the free slots.
/// A lost stream starts the reconnect grace; when it ends, every lease is revoked with reason <c>connection_lost</c>. Silence without a
/// close ends the session after the hard threshold; the leases expire by themselves, with reason <c>lease_expired</c>.
/// </remarks>
[Alias("OrleansFlow.IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Begins a session, or takes a lost one up again.</summary>
    /// <exception cref="Errors.FlowException"><c>worker_id_in_use</c>: another live session has this id.</exception>
    [Alias("Register")]
    Task<RegistrationReceipt> RegisterAsync(WorkerRegistration registration, CancellationToken cancellationToken);

    /// <summary>What the session must send to its worker. One reader at a time; ends when the session does.</summary>
    [Alias("Commands")]
    IAsyncEnumerable<WorkerCommand> CommandsAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>The worker is alive: renews every lease of the session.</summary>
    /// <returns>The leases that no longer stand; their attempts must stop.</returns>
    [Alias("Heartbeat")]
    Task<IReadOnlyList<LeaseToken>> HeartbeatAsync(string sessionId, IReadOnlyList<LeaseProgress> progress, CancellationToken cancellationToken);

    /// <summary>From a queue: leases the tasks, as many as slots are free, and hands them to the session.</summary>
    /// <returns>Which entries were taken, which turned out not to be ready, and how many slots are free now. The rest stays with the queue.</returns>
    [Alias("Assign")]
    Task<AssignReceipt> AssignAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken);

    /// <summary>From a queue: keeps free slots for leases that are about to be granted. What is not redeemed within seconds is free again.</summary>
    /// <param name="count">How many are wanted; 1 or more.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Reserve")]
    Task<SlotReceipt> ReserveAsync(int count, CancellationToken cancellationToken);

    /// <summary>
    /// Hands over leases that were granted for a ticket's slots. Those for which there is no session or no slot any more are revoked: nobody runs them.
    /// </summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="grants">The leases; may be empty.</param>
    /// <param name="isLast">True: no more will come, the slots that are left are free.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Redeem")]
    Task RedeemAsync(SlotTicket ticket, IReadOnlyList<LeaseGrant> grants, bool isLast, CancellationToken cancellationToken);

    /// <summary>Attempts of this session have ended (outcome recorded or refused): frees their slots.</summary>
    [Alias("Release")]
    Task ReleaseAsync(string sessionId, IReadOnlyList<LeaseToken> tokens, CancellationToken cancellationToken);

    /// <summary>
    /// Attempts of this session have ended and others were leased in their places. Of a session that has ended meanwhile the new leases are revoked:
    /// nobody runs them.
    /// </summary>
    [Alias("Swap")]
    Task SwapAsync(string sessionId, IReadOnlyList<LeaseSwap> swaps, CancellationToken cancellationToken);

    /// <summary>From a task's owner: the lease has ended; tell the worker to stop the attempt, and free the slot when it reports.</summary>
    /// <param name="token">The lease.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="grace">How long the handler may take to return; null: as the worker says.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Stop")]
    Task StopAsync(LeaseToken token, string reason, TimeSpan? grace, CancellationToken cancellationToken);

    /// <summary>Takes no more tasks; leaves when the running ones have ended.</summary>
    [Alias("Drain")]
    Task DrainAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>From people: the worker is to finish what runs, hand back what waits, and leave. Fine when it drains or has left already.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: it never registered.</exception>
    [Alias("AskDrain")]
    Task<WorkerView> AskDrainAsync(string reason, CancellationToken cancellationToken);

    /// <summary>The stream of the session is gone.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="clean">True when the worker said good-bye: no grace, what it still holds is revoked now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Disconnect")]
    Task DisconnectAsync(string sessionId, bool clean, CancellationToken cancellationToken);

    /// <summary>Where the worker stands; null when it never registered.</summary>
    [Alias("Get")]
    Task<WorkerView?> GetAsync(CancellationToken cancellationToken);
}
