using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The slots for one group of starts, and the leases that take them on their way to their workers. Thread-safe.</summary>
/// <param name="grains">Finds the workers.</param>
/// <param name="count">How many starts there are; each calls <see cref="Next"/> and <see cref="End"/> once.</param>
/// <param name="failed">Hears of what could not be asked (no ticket) or handed over.</param>
internal sealed class StartTickets(IGrainFactory grains, int count, Action<Exception, SlotTicket?> failed)
{
    private List<Open> _open = [];
    private int _next;
    private int _left = count;

    /// <summary>Asks the queue for slots.</summary>
    /// <param name="roleOf">Says which queue, and what the workers must offer; null: the starts go without.</param>
    /// <returns>Never fails: without slots the starts go through the queue.</returns>
    public async Task TakeAsync(Func<Task<(string Role, string Needs)?>> roleOf)
    {
        try
        {
            if (await roleOf() is { } role)
            {
                var tickets = await grains.GetGrain<IRoleQueueGrain>(role.Role + "/0").TakeSlotsAsync(_left, role.Needs, CancellationToken.None);
                _open = [.. tickets.Select(ticket => new Open(ticket, grants => RedeemAsync(ticket, grants, isLast: false)))];
            }
        }
        catch (Exception exception)
        {
            // The definition cannot be read, or the queue does not answer: the run says so, or waits for its queue.
            failed(exception, null);
        }
    }

    /// <summary>The slot of the next start; null when there is none left.</summary>
    public Open? Next()
    {
        var place = Interlocked.Increment(ref _next) - 1;
        foreach (var open in _open)
        {
            if (place < open.Ticket.Count)
            {
                return open;
            }

            place -= open.Ticket.Count;
        }

        return null;
    }

    /// <summary>A start has ended.</summary>
    /// <param name="open">What it had.</param>
    /// <param name="grant">The lease that it came to; null for none.</param>
    public void End(Open? open, LeaseGrant? grant)
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            // Owned by nobody: what fails is told, and the slots that it would give back are free again after a while.
            _ = CloseAsync(open, grant);
        }
        else if (open is not null && grant is not null)
        {
            // Never fails, and nobody waits for it: the lease stands whether or not its worker knows already.
            _ = open.Grants.AddAsync(grant);
        }
    }

    /// <summary>The last lease goes to its worker in one message with the end of its ticket: a lone start sends no other.</summary>
    private async Task CloseAsync(Open? last, LeaseGrant? grant)
    {
        if (last is not null)
        {
            await CloseAsync(last, grant is null ? [] : [grant]);
        }

        foreach (var open in _open)
        {
            if (open != last)
            {
                await CloseAsync(open, []);
            }
        }
    }

    private async Task CloseAsync(Open open, IReadOnlyList<LeaseGrant> grants)
    {
        await open.Grants.WhenIdleAsync();
        await RedeemAsync(open.Ticket, grants, isLast: true);
    }

    private async Task RedeemAsync(SlotTicket ticket, IReadOnlyList<LeaseGrant> grants, bool isLast)
    {
        try
        {
            await grains.GetGrain<IWorkerGrain>(ticket.Worker.Value).RedeemAsync(ticket, grants, isLast, CancellationToken.None);
        }
        catch (Exception exception)
        {
            failed(exception, ticket);
        }
    }

    /// <summary>A ticket, and its leases on their way.</summary>
    internal sealed class Open(SlotTicket ticket, Func<IReadOnlyList<LeaseGrant>, Task> redeem)
    {
        public SlotTicket Ticket { get; } = ticket;

        public Gatherer<LeaseGrant> Grants { get; } = new(redeem);
    }
}
