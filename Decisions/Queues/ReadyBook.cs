using OrleansFlow.Decisions.Limits;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>
/// The tasks of one queue: ready ones by priority (higher first), then runs in turn, then age (older first), then id, apart by what they need of a worker; the
/// rest in flight. Deterministic: no order depends on a hash. Mutable, used by one grain; no clock and no I/O inside.
/// </summary>
public sealed class ReadyBook
{
    private readonly Dictionary<TaskId, QueuedTask> _entries = [];
    private readonly ReadyLanes _ready;
    private readonly SortedDictionary<string, KeyTally> _keys = new(StringComparer.Ordinal);
    private readonly SortedSet<QueuedTask> _checks = new(Comparer<QueuedTask>.Create(QueuedTask.CompareChecks));

    /// <summary>An empty book.</summary>
    public ReadyBook() => _ready = new ReadyLanes(IsFree);

    /// <summary>Most tasks in flight at once, whatever their keys; null for any number.</summary>
    public int? Limit { get; set; }

    /// <summary>What it may take of limits that it shares with other queues; null: its tasks' keys are its own, and their limits hold in it alone.</summary>
    public LimitPermits? Permits { get; set; }

    /// <summary>Tasks waiting for a worker.</summary>
    public int ReadyCount => _ready.Count;

    /// <summary>Tasks handed out and not yet ended.</summary>
    public int InFlightCount => _entries.Count - _ready.Count;

    /// <summary>All tasks.</summary>
    public int Count => _entries.Count;

    /// <summary>When the first ready task became ready; null when none is.</summary>
    public DateTimeOffset? OldestReadyUtc => _ready.OldestReadyUtc;

    /// <summary>When the next task in flight is to be checked up on; null when none is.</summary>
    public DateTimeOffset? NextCheckUtc => _checks.Min?.CheckUtc;

    /// <summary>Whether the task is known.</summary>
    public bool Contains(TaskId task) => _entries.ContainsKey(task);

    /// <summary>Whether the task is handed out.</summary>
    public bool IsInFlight(TaskId task) => _entries.TryGetValue(task, out var entry) && entry.CheckUtc is not null;

    /// <summary>Whether the task is known, and stored somewhere.</summary>
    public bool IsStored(TaskId task) => _entries.TryGetValue(task, out var entry) && entry.Segment != 0;

    /// <summary>Where a known task is stored.</summary>
    public long SegmentOf(TaskId task) => _entries[task].Segment;

    /// <summary>Which taking of a task in flight is the newest; null for a task that is not known or not in flight.</summary>
    public long? TakingOf(TaskId task) => _entries.TryGetValue(task, out var entry) && entry.CheckUtc is not null ? entry.Taking : null;

    /// <summary>Makes the newest taking of a known task another one: what was asked about it before counts no more.</summary>
    public void Renumber(TaskId task) => _entries[task].Taking++;

    /// <summary>Whether the task is known and has a key.</summary>
    public bool HasKey(TaskId task) => _entries.TryGetValue(task, out var entry) && entry.LimitKey is not null;

    /// <summary>The keys whose limit keeps ready tasks waiting.</summary>
    public IReadOnlyList<string> FullKeys() =>
    [
        .. _keys.Where(pair => pair.Value.ReadyCount > 0
            && (Permits is { } permits ? permits.Find(LimitScopes.OfKey(pair.Key))?.IsWaiting == true : pair.Value.InHandCount >= pair.Value.LowestLimit))
            .Select(pair => pair.Key),
    ];

    /// <summary>How many tasks of a shared limit are in flight, how many should be, and the lowest limit that one of them names.</summary>
    /// <param name="scope">One of <see cref="LimitScopes"/>.</param>
    /// <param name="isNeeded">Whether one more could be taken but for that limit.</param>
    /// <param name="freeSlots">How many more could be taken at most.</param>
    public (int InHand, int Wanted, int Limit) DemandOf(string scope, bool isNeeded, int freeSlots)
    {
        var more = isNeeded ? Math.Max(1, freeSlots) : 0;
        if (LimitScopes.KeyOf(scope) is { } key)
        {
            return _keys.TryGetValue(key, out var tally)
                ? (tally.InHandCount, tally.InHandCount + Math.Min(more, tally.ReadyCount), tally.LowestLimit)
                : (0, 0, int.MaxValue);
        }

        var wanted = InFlightCount + Math.Min(more, ReadyCount);
        return (InFlightCount, Math.Max(InFlightCount, Math.Min(wanted, Limit ?? int.MaxValue)), int.MaxValue);
    }

    /// <summary>Adds a ready task, or makes a known one ready again.</summary>
    /// <param name="task">The task.</param>
    /// <param name="priority">Higher is first.</param>
    /// <param name="readyUtc">Older is first.</param>
    /// <param name="segment">Where the task is stored; kept when the task is known already.</param>
    /// <param name="needs">Text of the <see cref="PlacementTraits"/> that a worker must meet; null for any worker.</param>
    /// <param name="near">The worker that has the task's input at hand: it gets the task while it has room; default for none.</param>
    /// <param name="limitKey">What its limit is shared by; null for no limit.</param>
    /// <param name="limit">How many tasks of that key may be in flight at once.</param>
    /// <returns>The segment that the task has.</returns>
    public long MakeReady(
        TaskId task, int priority, DateTimeOffset readyUtc, long segment, string? needs = null, WorkerId near = default, string? limitKey = null, int limit = 0)
    {
        if (_entries.TryGetValue(task, out var entry))
        {
            Unlink(entry);
        }
        else
        {
            entry = new QueuedTask(task, segment);
            _entries.Add(task, entry);
        }

        entry.Priority = priority;
        entry.ReadyUtc = readyUtc;
        entry.Needs = string.IsNullOrEmpty(needs) ? null : needs;
        entry.Near = near;
        entry.LimitKey = limitKey;
        entry.Limit = limit;
        entry.CheckUtc = null;
        if (limitKey is not null)
        {
            if (!_keys.TryGetValue(limitKey, out var tally))
            {
                tally = new KeyTally();
                _keys.Add(limitKey, tally);
            }

            tally.Add(limit);
        }

        _ready.Add(entry);
        return entry.Segment;
    }

    /// <summary>Says where a task is stored that was made ready before it was.</summary>
    /// <param name="task">The task.</param>
    /// <param name="segment">Where; never 0, which stands for nowhere.</param>
    /// <returns>Whether the task is known, and is stored there and nowhere else.</returns>
    public bool TryStore(TaskId task, long segment)
    {
        if (!_entries.TryGetValue(task, out var entry))
        {
            return false;
        }

        entry.Segment = entry.Segment == 0 ? segment : entry.Segment;
        return entry.Segment == segment;
    }

    /// <summary>Takes a ready task for in flight until its owner says otherwise: after a restart nobody else knows whether it counts for a limit.</summary>
    public void Hold(TaskId task, DateTimeOffset checkUtc)
    {
        if (_entries.TryGetValue(task, out var entry) && entry.CheckUtc is null)
        {
            TakeOut(entry, checkUtc);
        }
    }

    /// <summary>Takes up to <paramref name="count"/> ready tasks, the first ones; they are in flight until made ready again or removed.</summary>
    /// <param name="count">Most to take.</param>
    /// <param name="checkUtc">When to check up on them if nothing is heard.</param>
    /// <param name="taken">Gets them, in order.</param>
    /// <param name="worker">For whom; ignored without <paramref name="workers"/>.</param>
    /// <param name="workers">Who can run what; null: whoever takes them can run anything.</param>
    public void Take(int count, DateTimeOffset checkUtc, List<ReadyTask> taken, WorkerId worker = default, WaitingWorkers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(taken);
        var lanes = _ready.LanesFor(worker, workers);
        while (count-- > 0 && _ready.FirstOf(lanes) is { } entry)
        {
            TakeOut(entry, checkUtc);
            entry.Taking++;
            taken.Add(new ReadyTask(entry.Task, entry.Priority, entry.ReadyUtc, entry.Taking));
        }
    }

    /// <summary>Whether there is anything ready that a worker may take.</summary>
    public bool HasFor(WorkerId worker, WaitingWorkers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        return _ready.HasFor(worker, workers);
    }

    /// <summary>The ready tasks that none of the workers can run, by what they need; empty when there are none. O(ready tasks of those lanes).</summary>
    public IReadOnlyList<UnservedNeeds> Unserved(WaitingWorkers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        return _ready.Unserved(workers);
    }

    /// <summary>Puts a task that was taken back, in its old place. A task that is not in flight is left alone.</summary>
    public void PutBack(ReadyTask task)
    {
        if (_entries.TryGetValue(task.TaskId, out var entry) && entry.CheckUtc is not null)
        {
            MakeReady(task.TaskId, task.Priority, task.ReadyUtc, entry.Segment, entry.Needs, entry.Near, entry.LimitKey, entry.Limit);
        }
    }

    /// <summary>Forgets a task that was taken. One that was made ready again since, or taken again, is left alone.</summary>
    public void Drop(ReadyTask task)
    {
        if (_entries.TryGetValue(task.TaskId, out var entry) && entry.CheckUtc is not null && entry.Taking == task.Taking)
        {
            Remove(task.TaskId);
        }
    }

    /// <summary>Makes a known task ready again with the priority it had. An unknown one is left alone.</summary>
    public void ReadyAgain(TaskId task, DateTimeOffset readyUtc)
    {
        if (_entries.TryGetValue(task, out var entry))
        {
            MakeReady(task, entry.Priority, readyUtc, entry.Segment, entry.Needs, entry.Near, entry.LimitKey, entry.Limit);
        }
    }

    /// <summary>Sets when a task in flight is checked up on. A task that is not in flight is left alone.</summary>
    public void CheckAt(TaskId task, DateTimeOffset checkUtc)
    {
        if (_entries.TryGetValue(task, out var entry) && entry.CheckUtc is not null)
        {
            _checks.Remove(entry);
            SetCheck(entry, checkUtc);
        }
    }

    /// <summary>Tasks in flight whose check-up is due, at most <paramref name="countMax"/>; their next one is put off to <paramref name="againUtc"/>.</summary>
    public List<TaskId> TakeDueChecks(DateTimeOffset nowUtc, DateTimeOffset againUtc, int countMax)
    {
        var due = new List<TaskId>();
        while (due.Count < countMax && _checks.Min is { } entry && entry.CheckUtc <= nowUtc)
        {
            _checks.Remove(entry);
            SetCheck(entry, againUtc);
            due.Add(entry.Task);
        }

        return due;
    }

    /// <summary>Forgets a task.</summary>
    /// <returns>The segment that stores it; null when it is not known.</returns>
    public long? Remove(TaskId task)
    {
        if (!_entries.Remove(task, out var entry))
        {
            return null;
        }

        Unlink(entry);
        return entry.Segment;
    }

    private bool IsFree(QueuedTask task)
    {
        if (Limit is { } limit && InFlightCount >= limit)
        {
            return false;
        }

        var inHand = task.LimitKey is { } key ? _keys[key].InHandCount : 0;
        return Permits is { } permits
            ? permits.MayTake(task.LimitKey, task.Limit, inHand, InFlightCount)
            : task.LimitKey is null || inHand < task.Limit;
    }

    private void TakeOut(QueuedTask entry, DateTimeOffset checkUtc)
    {
        _ready.Remove(entry);
        SetCheck(entry, checkUtc);
        if (entry.LimitKey is { } key)
        {
            _keys[key].Take();
        }
    }

    private void SetCheck(QueuedTask entry, DateTimeOffset checkUtc)
    {
        entry.CheckUtc = checkUtc;
        _checks.Add(entry);
    }

    private void Unlink(QueuedTask entry)
    {
        var isReady = entry.CheckUtc is null;
        if (isReady)
        {
            _ready.Remove(entry);
        }
        else
        {
            _checks.Remove(entry);
        }

        if (entry.LimitKey is { } key && _keys[key].Remove(entry.Limit, isReady))
        {
            _keys.Remove(key);
        }
    }
}
