using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Runs that need care at a time, the earliest first, with one timer for all of them. Thread-safe.</summary>
internal sealed class WakeQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<RunId, long> _queue = new();
    private readonly HashSet<(RunId, long)> _queued = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private long _armedTicks = long.MaxValue;

    public WakeQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((WakeQueue)state!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when something may be due.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    /// <summary>Whether <see cref="TryTake"/> would give a run.</summary>
    public bool HasDue
    {
        get
        {
            lock (_gate)
            {
                return _queue.TryPeek(out _, out var ticks) && ticks <= _time.GetUtcNow().UtcTicks;
            }
        }
    }

    /// <summary>Puts a run in; the same run may be there at other times as well.</summary>
    public void Add(RunId run, DateTimeOffset atUtc)
    {
        lock (_gate)
        {
            if (!_queued.Add((run, atUtc.UtcTicks)))
            {
                return;
            }

            _queue.Enqueue(run, atUtc.UtcTicks);
            ArmWhileLocked();
        }
    }

    /// <summary>Takes out a run that is due.</summary>
    public bool TryTake(out RunId run)
    {
        lock (_gate)
        {
            if (!_queue.TryPeek(out run, out var ticks) || ticks > _time.GetUtcNow().UtcTicks)
            {
                ArmWhileLocked();
                return false;
            }

            _queue.Dequeue();
            _queued.Remove((run, ticks));
            return true;
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _signal.Dispose();
    }

    private void ArmWhileLocked()
    {
        if (!_queue.TryPeek(out _, out var ticks))
        {
            return;
        }

        var wait = ticks - _time.GetUtcNow().UtcTicks;
        if (wait <= 0)
        {
            Signal();
        }
        else if (ticks != _armedTicks)
        {
            _armedTicks = ticks;

            // A timer of a day at most: longer ones are not possible everywhere, and waking for nothing once a day costs nothing.
            _timer.Change(TimeSpan.FromTicks(Math.Min(wait, TimeSpan.TicksPerDay)), Timeout.InfiniteTimeSpan);
        }
    }

    private void Ring()
    {
        lock (_gate)
        {
            _armedTicks = long.MaxValue;
        }

        Signal();
    }

    private void Signal()
    {
        try
        {
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
        catch (Exception error) when (error is SemaphoreFullException or ObjectDisposedException)
        {
            // Two at once, or the store was closed at the same time: what was wanted is the case.
        }
    }
}
