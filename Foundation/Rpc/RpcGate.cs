namespace OrleansFlow.Rpc;

/// <summary>
/// Lets one operation of a call in at a time, and none after the end. Handlers and callers run loops of their own; a loop
/// that outlives its call must neither touch buffers that went back to a pool nor a connection that serves another call.
/// </summary>
internal sealed class RpcGate
{
    private const int Free = 0;
    private const int Inside = 1;
    private const int Closed = 2;

    private TaskCompletionSource? _left;
    private int _state;

    /// <summary>Begins an operation; end it with <see cref="Exit"/>.</summary>
    /// <param name="operations">For the message, as <c>reads</c>.</param>
    /// <param name="method">For the message.</param>
    /// <exception cref="InvalidOperationException">Another operation is inside.</exception>
    /// <exception cref="OperationCanceledException">The call has ended.</exception>
    public void Enter(string operations, string method)
    {
        switch (Interlocked.CompareExchange(ref _state, Inside, Free))
        {
            case Inside:
                throw new InvalidOperationException($"Two {operations} of {method} are under way at once; await each before the next.");
            case Closed:
                throw new OperationCanceledException("The call has ended.");
        }
    }

    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Inside) == Closed)
        {
            _left!.TrySetResult();
        }
    }

    /// <summary>Lets nobody in any more. The task ends when whoever was inside has left.</summary>
    public Task CloseAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Free) != Inside)
        {
            return _left?.Task ?? Task.CompletedTask;
        }

        _left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.Exchange(ref _state, Closed) == Inside ? _left.Task : Task.CompletedTask;
    }
}
