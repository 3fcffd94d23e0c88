using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Runs that have work, each once for every kind of worker that could do some of it; whoever asks gets the one that has waited longest.</summary>
/// <remarks>
/// A run that is taken goes to the end when more of it is left, so runs take turns. Whoever finds nothing waits here and is woken by the run
/// that he can serve. Holds ids only: one entry for each run with work. Thread-safe.
/// </remarks>
internal sealed class ReadyRing
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Kind, Queue<(long Turn, RunId Run)>> _queues = [];
    private readonly HashSet<(Kind, RunId)> _queued = [];
    private readonly LinkedList<Waiter> _waiters = [];
    private long _turn;

    /// <summary>Puts a run at the end; nothing changes when it is there.</summary>
    public void Add(RunId run, WorkflowVersion workflow, string role)
    {
        Waiter? woken = null;
        lock (_gate)
        {
            var kind = new Kind(workflow, role);
            if (!_queued.Add((kind, run)))
            {
                return;
            }

            if (!_queues.TryGetValue(kind, out var queue))
            {
                _queues[kind] = queue = new();
            }

            queue.Enqueue((++_turn, run));
            woken = WakeWhileLocked(kind);
        }

        woken?.Wake();
    }

    /// <summary>Takes out the run whose turn it is.</summary>
    public bool TryTake(WorkFilter filter, out RunId run, out string role)
    {
        lock (_gate)
        {
            Queue<(long Turn, RunId Run)>? oldest = null;
            Kind chosen = default;
            foreach (var (kind, queue) in _queues)
            {
                if (kind.Serves(filter) && (oldest is null || queue.Peek().Turn < oldest.Peek().Turn))
                {
                    (oldest, chosen) = (queue, kind);
                }
            }

            if (oldest is null)
            {
                (run, role) = (default, "");
                return false;
            }

            (run, role) = (oldest.Dequeue().Run, chosen.Role);
            _queued.Remove((chosen, run));
            if (oldest.Count == 0)
            {
                _queues.Remove(chosen);
            }

            return true;
        }
    }

    /// <summary>Begins to wait. Look once more afterwards: what came before is not announced again.</summary>
    public Waiter BeginWait(WorkFilter filter)
    {
        var waiter = new Waiter(filter);
        lock (_gate)
        {
            waiter.Node = _waiters.AddLast(waiter);
        }

        return waiter;
    }

    /// <summary>Ends a wait.</summary>
    /// <param name="waiter">Who waited.</param>
    /// <param name="passOn">Whether a call that has come for this one is to go to somebody else, because he does not look again.</param>
    public void EndWait(Waiter waiter, bool passOn)
    {
        Waiter? next = null;
        lock (_gate)
        {
            if (waiter.Node is { } node)
            {
                _waiters.Remove(node);
                waiter.Node = null;
            }
            else if (passOn)
            {
                foreach (var kind in _queues.Keys)
                {
                    if (kind.Serves(waiter.Filter))
                    {
                        next = WakeWhileLocked(kind);
                        break;
                    }
                }
            }
        }

        next?.Wake();
    }

    /// <summary>Wakes everybody who waits: nothing will come any more.</summary>
    public void Close()
    {
        List<Waiter> woken;
        lock (_gate)
        {
            woken = [.. _waiters];
            _waiters.Clear();
            woken.ForEach(static waiter => waiter.Node = null);
        }

        woken.ForEach(static waiter => waiter.Wake());
    }

    private Waiter? WakeWhileLocked(Kind kind)
    {
        for (var node = _waiters.First; node is not null; node = node.Next)
        {
            if (kind.Serves(node.Value.Filter))
            {
                _waiters.Remove(node);
                node.Value.Node = null;
                return node.Value;
            }
        }

        return null;
    }

    /// <summary>Somebody who waits for work.</summary>
    internal sealed class Waiter(WorkFilter filter)
    {
        private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WorkFilter Filter => filter;

        public Task Woken => _woken.Task;

        /// <summary>Its place among the waiting; null once it was woken.</summary>
        public LinkedListNode<Waiter>? Node { get; set; }

        public void Wake() => _woken.TrySetResult();
    }

    private readonly record struct Kind(WorkflowVersion Workflow, string Role)
    {
        public bool Serves(WorkFilter filter) =>
            (filter.Roles is null || Role.Length == 0 || filter.Roles.Contains(Role)) && (filter.Workflows.Count == 0 || filter.Workflows.Contains(Workflow));
    }
}
