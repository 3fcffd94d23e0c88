using Orleans.Embedded;

namespace OrleansFlow.Testing;

/// <summary>
/// Counts what works in a test cluster: turns of grains, steps of sessions and attempts, handlers. Whoever wakes somebody is counted himself until
/// after the other one is, so zero means that nothing more happens unless the clock moves or the test does something.
/// </summary>
internal sealed class WorkCount : ITurnObserver
{
    private long _count;
    private TaskCompletionSource? _idle;

    /// <summary>Whether nothing works.</summary>
    public bool IsIdle => Volatile.Read(ref _count) == 0;

    public void Begin() => Interlocked.Increment(ref _count);

    public void End()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            Interlocked.Exchange(ref _idle, null)?.TrySetResult();
        }
    }

    void ITurnObserver.OnQueued() => Begin();

    void ITurnObserver.OnEnded() => End();

    /// <summary>Ends at the next moment at which nothing works.</summary>
    public Task WhenIdleAsync()
    {
        var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var idle = Interlocked.CompareExchange(ref _idle, made, null) ?? made;
        if (IsIdle)
        {
            // The last one may have ended before the wait was known.
            idle.TrySetResult();
            Interlocked.CompareExchange(ref _idle, null, idle);
        }

        return idle.Task;
    }
}
