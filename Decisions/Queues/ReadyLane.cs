using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>Ready tasks that need the same of a worker and are near the same one: higher priority first, and within a priority the keys take turns.</summary>
/// <remarks>
/// A key is a run (or the key of a limit), so that a run with a hundred thousand ready tasks does not keep one with two waiting. Within a key the
/// older task is first. A key that comes anew joins the turn that is under way. Source: start-time fair queueing with equal weights; Goyal, Vin
/// and Cheng, SIGCOMM 1996.
/// </remarks>
internal sealed class ReadyLane(string? needs, WorkerId near)
{
    private readonly Dictionary<(int Priority, string Key), Share> _shares = [];
    private readonly SortedSet<Share> _turns = new(Comparer<Share>.Create(Share.Compare));

    /// <summary>The turn that is under way, by priority.</summary>
    private readonly Dictionary<int, long> _turn = [];
    private long _shareCount;

    public PlacementTraits Needs { get; } = PlacementTraits.Parse(needs);

    public WorkerId Near { get; } = near;

    public int Count { get; private set; }

    public DateTimeOffset OldestReadyUtc => _turns.Min(share => share.Tasks.Min!.ReadyUtc);

    /// <summary>The task whose turn it is, of those that are free; null when none is. O(keys that are not).</summary>
    public QueuedTask? First(Func<QueuedTask, bool> isFree)
    {
        foreach (var share in _turns)
        {
            if (share.Tasks.Min is { } head && isFree(head))
            {
                return head;
            }
        }

        return null;
    }

    public void Add(QueuedTask task)
    {
        if (!_shares.TryGetValue((task.Priority, task.Key), out var share))
        {
            share = new Share(task.Priority, ++_shareCount) { Turn = _turn.GetValueOrDefault(task.Priority) };
            _shares.Add((task.Priority, task.Key), share);
            _turns.Add(share);
        }

        share.Tasks.Add(task);
        Count++;
    }

    /// <summary>Takes a task out. With the first one of its key that key has had its turn.</summary>
    public void Remove(QueuedTask task)
    {
        var share = _shares[(task.Priority, task.Key)];
        var hadTurn = ReferenceEquals(share.Tasks.Min, task);
        share.Tasks.Remove(task);
        Count--;
        if (hadTurn || share.Tasks.Count == 0)
        {
            _turns.Remove(share);
            _turn[share.Priority] = Math.Max(_turn.GetValueOrDefault(share.Priority), share.Turn);
            share.Turn++;
            if (share.Tasks.Count == 0)
            {
                _shares.Remove((task.Priority, task.Key));
            }
            else
            {
                _turns.Add(share);
            }
        }
    }

    /// <summary>The ready tasks of one key and priority. Its place must not change while a set holds it.</summary>
    private sealed class Share(int priority, long number)
    {
        public int Priority => priority;

        public long Turn { get; set; }

        public SortedSet<QueuedTask> Tasks { get; } = new(Comparer<QueuedTask>.Create(QueuedTask.CompareReady));

        private long Number => number;

        public static int Compare(Share left, Share right)
        {
            var order = right.Priority.CompareTo(left.Priority);
            order = order != 0 ? order : left.Turn.CompareTo(right.Turn);
            return order != 0 ? order : left.Number.CompareTo(right.Number);
        }
    }
}
