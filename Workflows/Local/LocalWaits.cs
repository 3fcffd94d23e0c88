using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Local;

/// <summary>What a local run does later: at a time, or when a signal comes.</summary>
internal sealed class LocalWaits(LocalRunOptions options, IReadOnlyList<WorkflowDefinition> known)
{
    private readonly PriorityQueue<LocalTimer, (long DueTicks, long Order)> _timers = new();
    private readonly List<LocalWaiter> _waiters = [];
    private readonly Queue<(int Node, ChildStart Child, Action<ChildResult>? Ended)> _children = new();
    private long _timerCount;
    private int _childCount;

    /// <summary>Places of the nodes that will go on by themselves.</summary>
    public IEnumerable<int> Nodes => _timers.UnorderedItems.Where(entry => !entry.Element.IsCancelled).Select(entry => entry.Element.Node)
        .Concat(_waiters.Select(waiter => waiter.Node)).Concat(_children.Select(child => child.Node));

    /// <summary>Runs a child before anything else that is waited for.</summary>
    public void Start(int node, ChildStart child, Action<ChildResult>? ended) => _children.Enqueue((node, child, ended));

    public LocalTimer Delay(int node, DateTimeOffset dueUtc, Action due)
    {
        var timer = new LocalTimer(node, due);
        _timers.Enqueue(timer, (dueUtc.UtcTicks, _timerCount++));
        return timer;
    }

    /// <summary>Wakes with the signal, which may be here already, or without it when the time is up.</summary>
    public void Await(int node, string signal, DateTimeOffset? dueUtc, Action<bool, Payload> wake)
    {
        LocalWaiter? waiter = null;
        var timer = dueUtc is { } due ? Delay(node, due, TimeUp) : null;
        waiter = new LocalWaiter(node, signal, timer, wake);
        _waiters.Add(waiter);

        void TimeUp()
        {
            _waiters.Remove(waiter!);
            waiter!.Wake(hasSignal: false, default);
        }
    }

    /// <summary>Waits for what comes next and lets it go on; false when nothing can come.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        if (_children.TryDequeue(out var next))
        {
            var order = next.Child.ToOrder(isAwaited: next.Ended is not null, json: null);
            var own = next.Child.Definition is { } definition ? [definition] : known;
            var result = await LocalChildren.RunAsync(order, order.Id ?? $"child.{++_childCount}", own, checkpoints: null, options, cancellationToken).ConfigureAwait(false);
            next.Ended?.Invoke(result);
            return true;
        }

        while (true)
        {
            var arrival = options.Signals?.Arrival;
            if (TryDeliver())
            {
                return true;
            }

            while (_timers.TryPeek(out var head, out _) && head.IsCancelled)
            {
                _timers.Dequeue();
            }

            if (!_timers.TryPeek(out var timer, out var priority))
            {
                if (_waiters.Count == 0)
                {
                    return false;
                }

                await LocalPause.UntilAsync(time: null, arrival, options.Time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var wait = priority.DueTicks - options.Time.GetUtcNow().UtcTicks;
            if (wait <= 0)
            {
                _timers.Dequeue();
                timer.Fire();
                return true;
            }

            await LocalPause.UntilAsync(TimeSpan.FromTicks(wait), _waiters.Count == 0 ? null : arrival, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Hands over the oldest signal that somebody waits for.</summary>
    private bool TryDeliver()
    {
        if (_waiters.Count == 0 || !options.Signals!.TryTake(name => _waiters.Exists(waiter => waiter.Signal == name), out var signal, out var payload))
        {
            return false;
        }

        var place = _waiters.FindIndex(waiter => waiter.Signal == signal);
        var found = _waiters[place];
        _waiters.RemoveAt(place);
        found.Wake(hasSignal: true, payload);
        return true;
    }
}
