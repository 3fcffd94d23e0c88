namespace OrleansFlow.Worker.Artifacts;

/// <summary>
/// Threads for work that waits for the disk. A sync holds its thread in the system for milliseconds, and the thread pool has one for each processor: without
/// these, a few attempts that write would keep sessions and heartbeats from running, and would wait for each other, though a disk syncs many files in
/// the time of one.
/// </summary>
/// <remarks>A lone writer stays on its own thread and pays no turn of another one. What waits is bounded by the callers: an attempt writes one batch at a time.</remarks>
internal sealed class SyncThreads
{
    private const int ThreadsMax = 16;
    private const int IdleMs = 5_000;

    private readonly object _gate = new();
    private readonly Queue<Action> _waiting = [];
    private int _underWay;
    private int _threads;
    private int _idle;

    /// <summary>Those of this process.</summary>
    public static SyncThreads Shared { get; } = new();

    /// <summary>Does blocking work: at once and here when nobody else does any, else on one of the threads.</summary>
    public ValueTask<T> RunAsync<T>(Func<T> work)
    {
        if (Interlocked.Increment(ref _underWay) > 1)
        {
            return new ValueTask<T>(RunAsideAsync(work));
        }

        try
        {
            return ValueTask.FromResult(work());
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<T> RunAsideAsync<T>(Func<T> work)
    {
        try
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Queue(() =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            });
            return await done.Task;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private void Queue(Action work)
    {
        lock (_gate)
        {
            _waiting.Enqueue(work);
            if (_idle >= _waiting.Count || _threads == ThreadsMax)
            {
                Monitor.Pulse(_gate);
                return;
            }

            _threads++;
        }

        new Thread(Work) { IsBackground = true, Name = "orleansflow-sync" }.UnsafeStart();
    }

    private void Work()
    {
        while (true)
        {
            Action? work;
            lock (_gate)
            {
                while (!_waiting.TryDequeue(out work))
                {
                    _idle++;
                    var isWanted = Monitor.Wait(_gate, IdleMs);
                    _idle--;
                    if (!isWanted && _waiting.Count == 0)
                    {
                        _threads--;
                        return;
                    }
                }
            }

            work();
        }
    }
}
