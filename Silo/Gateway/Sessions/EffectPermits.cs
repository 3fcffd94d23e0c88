namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>How many effects may be recorded at a time. Waiters are served in the order in which they came. Thread-safe.</summary>
/// <remarks>In place of <see cref="SemaphoreSlim"/>, whose cancellable waits end on the thread pool, whatever scheduler the waiter is on.</remarks>
internal sealed class EffectPermits(int count)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private int _freeCount = count;

    /// <summary>Takes a permit; waits while there is none.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; nothing was taken.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (_freeCount > 0)
            {
                _freeCount--;
                return ValueTask.CompletedTask;
            }

            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
        }

        return new ValueTask(WaitAsync(waiter, cancellationToken));
    }

    /// <summary>Takes several permits, one after the other.</summary>
    /// <exception cref="OperationCanceledException">The token fired first; some may have been taken.</exception>
    public async ValueTask WaitAsync(int count, CancellationToken cancellationToken)
    {
        for (; count > 0; count--)
        {
            await WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives permits back.</summary>
    public void Release(int count)
    {
        lock (_gate)
        {
            for (; count > 0; count--)
            {
                if (!TryServeWhileLocked())
                {
                    _freeCount++;
                }
            }
        }
    }

    private static async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }

    private bool TryServeWhileLocked()
    {
        while (_waiters.TryDequeue(out var waiter))
        {
            if (waiter.TrySetResult())
            {
                return true;
            }
        }

        return false;
    }
}
