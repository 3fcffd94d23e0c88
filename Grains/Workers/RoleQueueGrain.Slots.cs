using OrleansFlow.Decisions.Queues;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>Slots for tasks that are leased in the commit that creates them, and so never come into the queue.</content>
internal sealed partial class RoleQueueGrain
{
    public async Task<IReadOnlyList<SlotTicket>> TakeSlotsAsync(int count, string? needs, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var tickets = new List<SlotTicket>();
        var traits = PlacementTraits.Parse(needs);

        // What waits goes first, and what a limit counts goes through the queue, which keeps the count.
        while (count > 0 && _book.ReadyCount == 0 && !CountsStandalone && _workers.TryBegin(traits, out var worker, out var freeSlots))
        {
            SlotReceipt? receipt = null;
            try
            {
                var others = _workers.ReadyCount;
                receipt = await GrainFactory.GetGrain<IWorkerGrain>(worker.Value)
                    .ReserveAsync(Math.Min(freeSlots, (count + others) / (others + 1)), CancellationToken.None);
            }
            catch (Exception exception)
            {
                // Its slots are free again after a while; the tasks go through the queue.
                LogAssignmentFailed(exception, worker, count);
            }

            _workers.End(worker, receipt?.FreeSlots);
            if (receipt is { SessionId: { } session, Count: > 0 })
            {
                tickets.Add(new SlotTicket(worker, session, receipt.Number, receipt.Count, Role));
                count -= receipt.Count;
            }
        }

        Pump();
        return tickets;
    }
}
