using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>
/// The ready tasks of a queue, apart by what they need and whom they are near, so that a worker finds what it can run without looking at what
/// it cannot. Nearly every queue has one lane, for tasks that any worker may run.
/// </summary>
/// <param name="isFree">Whether a task may be taken now: not one whose limit is reached.</param>
internal sealed class ReadyLanes(Func<QueuedTask, bool> isFree)
{
    private readonly ReadyLane _open = new(null, default);

    /// <summary>Sorted, so that nothing depends on a hash. A lane that is empty is dropped.</summary>
    private readonly SortedDictionary<(string Needs, string Near), ReadyLane> _others = new(Comparer<(string Needs, string Near)>.Create(Compare));

    public int Count { get; private set; }

    public DateTimeOffset? OldestReadyUtc => Count == 0 ? null : All().Where(lane => lane.Count > 0).Min(lane => lane.OldestReadyUtc);

    public void Add(QueuedTask task)
    {
        Count++;
        if (task.Needs is null && task.Near.IsDefault)
        {
            _open.Add(task);
            return;
        }

        if (!_others.TryGetValue(KeyOf(task), out var lane))
        {
            lane = new ReadyLane(task.Needs, task.Near);
            _others.Add(KeyOf(task), lane);
        }

        lane.Add(task);
    }

    public void Remove(QueuedTask task)
    {
        Count--;
        if (task.Needs is null && task.Near.IsDefault)
        {
            _open.Remove(task);
        }
        else if (_others.TryGetValue(KeyOf(task), out var lane))
        {
            lane.Remove(task);
            if (lane.Count == 0)
            {
                _others.Remove(KeyOf(task));
            }
        }
    }

    /// <summary>Whether there is anything for a worker.</summary>
    public bool HasFor(WorkerId worker, WaitingWorkers workers)
    {
        if (_open.First(isFree) is not null)
        {
            return true;
        }

        foreach (var lane in _others.Values)
        {
            if (workers.MayTake(worker, lane.Needs, lane.Near) && lane.First(isFree) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The lanes that a worker may take from; all of them when no worker is named.</summary>
    public List<ReadyLane> LanesFor(WorkerId worker, WaitingWorkers? workers)
    {
        List<ReadyLane> lanes = [_open];
        foreach (var lane in _others.Values)
        {
            if (workers is null || workers.MayTake(worker, lane.Needs, lane.Near))
            {
                lanes.Add(lane);
            }
        }

        return lanes;
    }

    /// <summary>The first task of the lanes; null when they are empty. O(lanes).</summary>
    public QueuedTask? FirstOf(List<ReadyLane> lanes)
    {
        QueuedTask? first = null;
        foreach (var lane in lanes)
        {
            if (lane.First(isFree) is { } head && (first is null || QueuedTask.CompareReady(head, first) < 0))
            {
                first = head;
            }
        }

        return first;
    }

    /// <summary>What waits for a worker that is not there.</summary>
    public IReadOnlyList<UnservedNeeds> Unserved(WaitingWorkers workers) =>
    [
        .. All()
            .Where(lane => lane.Count > 0)
            .GroupBy(lane => lane.Needs)
            .Where(lanes => !workers.AnyMeets(lanes.Key))
            .OrderBy(lanes => lanes.Key.Text, StringComparer.Ordinal)
            .Select(lanes => new UnservedNeeds(
                lanes.Key, lanes.Sum(lane => lane.Count), lanes.Min(lane => lane.OldestReadyUtc), workers.WhyNot(lanes.Key))),
    ];

    private IEnumerable<ReadyLane> All() => _others.Values.Prepend(_open);

    private static (string Needs, string Near) KeyOf(QueuedTask task) => (task.Needs ?? "", task.Near.Value);

    private static int Compare((string Needs, string Near) left, (string Needs, string Near) right)
    {
        var order = string.CompareOrdinal(left.Needs, right.Needs);
        return order != 0 ? order : string.CompareOrdinal(left.Near, right.Near);
    }
}
