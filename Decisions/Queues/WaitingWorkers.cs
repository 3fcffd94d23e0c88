using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>The workers that serve a role, in the order in which they came, and who gets the next tasks: most free slots first, then round robin.</summary>
public sealed class WaitingWorkers
{
    private readonly List<Waiting> _workers = [];
    private int _next;

    /// <summary>Workers that serve the role.</summary>
    public int Count => _workers.Count;

    /// <summary>Says how many slots a worker has free. While an assignment is under way to it, that counts when the assignment ends.</summary>
    public void SetFree(WorkerId worker, int freeSlots)
    {
        if (Find(worker) is { } known)
        {
            if (known.IsBusy)
            {
                known.FreeAfterwards = freeSlots;
            }
            else
            {
                known.FreeSlots = freeSlots;
            }
        }
        else
        {
            _workers.Add(new Waiting(worker) { FreeSlots = freeSlots });
        }
    }

    /// <summary>Forgets a worker.</summary>
    public void Remove(WorkerId worker)
    {
        var index = _workers.FindIndex(waiting => waiting.Worker == worker);
        if (index >= 0)
        {
            _workers.RemoveAt(index);
            _next = _workers.Count == 0 ? 0 : (_next > index ? _next - 1 : _next) % _workers.Count;
        }
    }

    /// <summary>Chooses a worker for an assignment and marks it busy.</summary>
    /// <returns>False when no worker is both free and not busy.</returns>
    public bool TryBegin(out WorkerId worker, out int freeSlots)
    {
        Waiting? best = null;
        for (var step = 0; step < _workers.Count; step++)
        {
            var candidate = _workers[(_next + step) % _workers.Count];
            if (!candidate.IsBusy && candidate.FreeSlots > 0 && (best is null || candidate.FreeSlots > best.FreeSlots))
            {
                best = candidate;
            }
        }

        worker = best?.Worker ?? default;
        freeSlots = best?.FreeSlots ?? 0;
        if (best is null)
        {
            return false;
        }

        best.IsBusy = true;
        _next = (_workers.IndexOf(best) + 1) % _workers.Count;
        return true;
    }

    /// <summary>An assignment has ended.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="freeSlots">Slots free now; null: not known, so none until the worker says otherwise.</param>
    public void End(WorkerId worker, int? freeSlots)
    {
        if (Find(worker) is { } known)
        {
            known.IsBusy = false;

            // What the worker said meanwhile wins over the receipt: if it is the older of the two, the next assignment finds out at no harm,
            // while a forgotten free slot would wait for the worker's next word.
            known.FreeSlots = known.FreeAfterwards ?? freeSlots ?? 0;
            known.FreeAfterwards = null;
        }
    }

    private Waiting? Find(WorkerId worker) => _workers.Find(waiting => waiting.Worker == worker);

    private sealed class Waiting(WorkerId worker)
    {
        public WorkerId Worker { get; } = worker;

        public int FreeSlots { get; set; }

        public int? FreeAfterwards { get; set; }

        public bool IsBusy { get; set; }
    }
}
