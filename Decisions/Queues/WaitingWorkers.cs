using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>
/// The workers that serve a role, in the order in which they came, and who gets the next tasks: of those that can run one, most free slots
/// first, then round robin.
/// </summary>
public sealed class WaitingWorkers
{
    private readonly List<Waiting> _workers = [];
    private readonly Dictionary<WorkerId, Waiting> _byId = [];
    private int _next;

    /// <summary>Workers that serve the role.</summary>
    public int Count => _workers.Count;

    /// <summary>Slots that could be promised now.</summary>
    public int FreeSlots => _workers.Sum(worker => worker.FreeSlots);

    /// <summary>Says how many slots a worker has free. While an assignment is under way to it, that counts when the assignment ends.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="freeSlots">Slots that may be promised.</param>
    /// <param name="traits">Text of the <see cref="PlacementTraits"/> that it offers for this role; null for none.</param>
    public void SetFree(WorkerId worker, int freeSlots, string? traits = null)
    {
        if (!_byId.TryGetValue(worker, out var known))
        {
            known = new Waiting(worker);
            _workers.Add(known);
            _byId.Add(worker, known);
        }

        if (known.IsBusy)
        {
            known.FreeAfterwards = freeSlots;
        }
        else
        {
            known.FreeSlots = freeSlots;
        }

        if (!string.Equals(known.Traits.Text, traits ?? "", StringComparison.Ordinal))
        {
            known.Traits = PlacementTraits.Parse(traits);
        }
    }

    /// <summary>Forgets a worker.</summary>
    public void Remove(WorkerId worker)
    {
        if (_byId.Remove(worker, out var waiting))
        {
            var index = _workers.IndexOf(waiting);
            _workers.RemoveAt(index);
            _next = _workers.Count == 0 ? 0 : (_next > index ? _next - 1 : _next) % _workers.Count;
        }
    }

    /// <summary>Workers with free slots that no assignment is under way to. O(workers).</summary>
    public int ReadyCount => _workers.Count(worker => !worker.IsBusy && worker.FreeSlots > 0);

    /// <summary>Chooses a worker for an assignment and marks it busy.</summary>
    /// <param name="worker">The one chosen.</param>
    /// <param name="freeSlots">Its free slots.</param>
    /// <param name="book">What there is to assign: a worker that can run nothing of it is not chosen. Null: any may be.</param>
    /// <returns>False when no worker is free, not busy, and of use.</returns>
    public bool TryBegin(out WorkerId worker, out int freeSlots, ReadyBook? book = null) =>
        TryBegin(out worker, out freeSlots, candidate => book is null || book.HasFor(candidate.Worker, this));

    /// <summary>Chooses a worker that meets the needs, and marks it busy.</summary>
    /// <param name="needs">What it must offer.</param>
    /// <param name="worker">The one chosen.</param>
    /// <param name="freeSlots">Its free slots.</param>
    /// <returns>False when no worker is free, not busy, and of use.</returns>
    public bool TryBegin(PlacementTraits needs, out WorkerId worker, out int freeSlots) =>
        TryBegin(out worker, out freeSlots, candidate => candidate.Traits.Meets(needs));

    private bool TryBegin(out WorkerId worker, out int freeSlots, Predicate<Waiting> isOfUse)
    {
        Waiting? best = null;
        for (var step = 0; step < _workers.Count; step++)
        {
            var candidate = _workers[(_next + step) % _workers.Count];
            if (!candidate.IsBusy && candidate.FreeSlots > 0 && (best is null || candidate.FreeSlots > best.FreeSlots)
                && isOfUse(candidate))
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
        if (_byId.TryGetValue(worker, out var known))
        {
            known.IsBusy = false;

            // What the worker said meanwhile wins over the receipt: if it is the older of the two, the next assignment finds out at no harm,
            // while a forgotten free slot would wait for the worker's next word.
            known.FreeSlots = known.FreeAfterwards ?? freeSlots ?? 0;
            known.FreeAfterwards = null;
        }
    }

    /// <summary>
    /// Whether a worker may take tasks with these needs: it meets them, and no other worker that has their input at hand could take them now.
    /// </summary>
    /// <remarks>Nearness never makes a task wait: once the near worker is full or busy, whoever can run the task may have it.</remarks>
    internal bool MayTake(WorkerId worker, PlacementTraits needs, WorkerId near) =>
        _byId.TryGetValue(worker, out var taker) && taker.Traits.Meets(needs)
        && (near.IsDefault || near == worker
            || !_byId.TryGetValue(near, out var other) || other.IsBusy || other.FreeSlots <= 0 || !other.Traits.Meets(needs));

    /// <summary>Whether any worker, free or not, meets the needs.</summary>
    internal bool AnyMeets(PlacementTraits needs) => _workers.Exists(worker => worker.Traits.Meets(needs));

    /// <summary>What the workers lack that a task needs, for people.</summary>
    internal string WhyNot(PlacementTraits needs)
    {
        if (_workers.Count == 0)
        {
            return "no worker serves the role now";
        }

        var all = _workers.Count == 1 ? "the one worker of the role does not have" : $"none of the {_workers.Count} workers of the role has";
        foreach (var label in needs.Labels)
        {
            if (!_workers.Exists(worker => worker.Traits.Labels.Contains(label)))
            {
                return $"{all} label {label.Key}={label.Value}";
            }
        }

        if (needs.RoleVersion is { } version && !_workers.Exists(worker => worker.Traits.RoleVersion == version))
        {
            var seen = _workers.Select(worker => worker.Traits.RoleVersion ?? "none").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
            return $"{all} version {version} of it (announced: {string.Join(", ", seen)})";
        }

        return $"{all} all of {needs}";
    }

    private sealed class Waiting(WorkerId worker)
    {
        public WorkerId Worker { get; } = worker;

        public int FreeSlots { get; set; }

        public int? FreeAfterwards { get; set; }

        public bool IsBusy { get; set; }

        public PlacementTraits Traits { get; set; } = PlacementTraits.None;
    }
}
