using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>Slots that are kept for leases which their owners grant in the commit that creates their tasks.</content>
internal sealed partial class WorkerGrain
{
    /// <summary>How long slots are kept: a start takes milliseconds, this is for one whose silo was lost.</summary>
    private static readonly TimeSpan TicketLife = TimeSpan.FromSeconds(10);

    private readonly SortedDictionary<long, (int Count, DateTimeOffset UntilUtc)> _tickets = [];
    private long _lastTicket;

    public Task<SlotReceipt> ReserveAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _model = _model.Reserve(count, out var reserved);
        if (reserved == 0)
        {
            return Task.FromResult(new SlotReceipt(null, 0, 0, _model.FreeSlots));
        }

        _tickets.Add(++_lastTicket, (reserved, _clock.GetUtcNow() + TicketLife));
        return Task.FromResult(new SlotReceipt(_model.SessionId, _lastTicket, reserved, _model.FreeSlots));
    }

    public async Task RedeemAsync(SlotTicket ticket, IReadOnlyList<LeaseGrant> grants, bool isLast, CancellationToken cancellationToken)
    {
        if (_model.SessionId != ticket.SessionId || _commands is not { } commands)
        {
            await RevokeAsync([.. grants.Select(grant => grant.Token)], LeaseEnd.ConnectionLost);
            return;
        }

        var kept = _tickets.TryGetValue(ticket.Number, out var open) ? open.Count : 0;
        var back = isLast ? kept : Math.Min(kept, grants.Count);
        _model = _model.Unreserve(back);
        if (back == kept)
        {
            _tickets.Remove(ticket.Number);
        }
        else
        {
            _tickets[ticket.Number] = open with { Count = kept - back };
        }

        // More than was kept only where the ticket's time was over: whoever got its slots since has them. A worker that drains keeps what it promised.
        var fitting = Math.Min(grants.Count, Math.Max(back, _model.FreeSlots));
        var taken = fitting == grants.Count ? grants : [.. grants.Take(fitting)];
        _model = _model.Add(taken.Select(grant => (grant.Token, (TimeSpan?)(grant.KeepsLostLease ? _times.HardSilence : _leases.ReconnectGraceOf(grant.Role)))));
        if (taken.Count > 0)
        {
            await commands.Writer.WriteAsync(new WorkerCommand { Offers = taken }, cancellationToken);
        }

        if (back > taken.Count)
        {
            // Not awaited (it never throws; owned by _isTellingQueues): whoever hands leases over need not wait for queues.
            _ = TellQueuesAsync();
        }

        if (taken.Count < grants.Count)
        {
            await RevokeAsync([.. grants.Skip(fitting).Select(grant => grant.Token)], LeaseEnd.NoSlot);
        }
    }

    /// <summary>Frees the slots of tickets that nobody redeemed.</summary>
    private void EndOldTickets(DateTimeOffset nowUtc)
    {
        foreach (var (number, ticket) in _tickets.Where(ticket => ticket.Value.UntilUtc <= nowUtc).ToList())
        {
            _tickets.Remove(number);
            _model = _model.Unreserve(ticket.Count);
        }
    }
}
