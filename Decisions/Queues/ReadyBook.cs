using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>
/// The tasks of one queue: ready ones by priority (higher first), then age (older first), then id; the rest in flight. Deterministic: no
/// order depends on a hash. Mutable, used by one grain; no clock and no I/O inside.
/// </summary>
public sealed class ReadyBook
{
    private readonly Dictionary<TaskId, Entry> _entries = [];
    private readonly SortedSet<Entry> _ready = new(Comparer<Entry>.Create(Compare));
    private readonly SortedSet<Entry> _checks = new(Comparer<Entry>.Create(CompareChecks));

    /// <summary>Tasks waiting for a worker.</summary>
    public int ReadyCount => _ready.Count;

    /// <summary>Tasks handed out and not yet ended.</summary>
    public int InFlightCount => _entries.Count - _ready.Count;

    /// <summary>All tasks.</summary>
    public int Count => _entries.Count;

    /// <summary>When the first ready task became ready; null when none is.</summary>
    public DateTimeOffset? OldestReadyUtc => _ready.Count == 0 ? null : _ready.Min(entry => entry.ReadyUtc);

    /// <summary>When the next task in flight is to be checked up on; null when none is.</summary>
    public DateTimeOffset? NextCheckUtc => _checks.Min?.CheckUtc;

    /// <summary>Whether the task is known.</summary>
    public bool Contains(TaskId task) => _entries.ContainsKey(task);

    /// <summary>Adds a ready task, or makes a known one ready again.</summary>
    /// <param name="task">The task.</param>
    /// <param name="priority">Higher is first.</param>
    /// <param name="readyUtc">Older is first.</param>
    /// <param name="segment">Where the task is stored; kept when the task is known already.</param>
    /// <returns>The segment that the task has.</returns>
    public long MakeReady(TaskId task, int priority, DateTimeOffset readyUtc, long segment)
    {
        if (_entries.TryGetValue(task, out var entry))
        {
            Unlink(entry);
        }
        else
        {
            entry = new Entry(task, segment);
            _entries.Add(task, entry);
        }

        entry.Priority = priority;
        entry.ReadyUtc = readyUtc;
        entry.CheckUtc = null;
        _ready.Add(entry);
        return entry.Segment;
    }

    /// <summary>Takes up to <paramref name="count"/> ready tasks, the first ones; they are in flight until made ready again or removed.</summary>
    /// <param name="count">Most to take.</param>
    /// <param name="checkUtc">When to check up on them if nothing is heard.</param>
    /// <param name="taken">Gets them, in order.</param>
    public void Take(int count, DateTimeOffset checkUtc, List<ReadyTask> taken)
    {
        ArgumentNullException.ThrowIfNull(taken);
        while (count-- > 0 && _ready.Min is { } entry)
        {
            _ready.Remove(entry);
            SetCheck(entry, checkUtc);
            taken.Add(new ReadyTask(entry.Task, entry.Priority, entry.ReadyUtc));
        }
    }

    /// <summary>Puts a task that was taken back, in its old place. A task that is not in flight is left alone.</summary>
    public void PutBack(ReadyTask task)
    {
        if (_entries.TryGetValue(task.TaskId, out var entry) && entry.CheckUtc is not null)
        {
            MakeReady(task.TaskId, task.Priority, task.ReadyUtc, entry.Segment);
        }
    }

    /// <summary>Makes a known task ready again with the priority it had. An unknown one is left alone.</summary>
    public void ReadyAgain(TaskId task, DateTimeOffset readyUtc)
    {
        if (_entries.TryGetValue(task, out var entry))
        {
            MakeReady(task, entry.Priority, readyUtc, entry.Segment);
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

    private static int Compare(Entry left, Entry right)
    {
        var order = right.Priority.CompareTo(left.Priority);
        order = order != 0 ? order : left.ReadyUtc.CompareTo(right.ReadyUtc);
        return order != 0 ? order : string.CompareOrdinal(left.Task.Value, right.Task.Value);
    }

    private static int CompareChecks(Entry left, Entry right)
    {
        var order = Nullable.Compare(left.CheckUtc, right.CheckUtc);
        return order != 0 ? order : string.CompareOrdinal(left.Task.Value, right.Task.Value);
    }

    private void SetCheck(Entry entry, DateTimeOffset checkUtc)
    {
        entry.CheckUtc = checkUtc;
        _checks.Add(entry);
    }

    private void Unlink(Entry entry)
    {
        if (entry.CheckUtc is null)
        {
            _ready.Remove(entry);
        }
        else
        {
            _checks.Remove(entry);
        }
    }

    private sealed class Entry(TaskId task, long segment)
    {
        public TaskId Task { get; } = task;

        public long Segment { get; } = segment;

        public int Priority { get; set; }

        public DateTimeOffset ReadyUtc { get; set; }

        /// <summary>Null: ready. Else in flight, with the time of the next check-up.</summary>
        public DateTimeOffset? CheckUtc { get; set; }
    }
}
