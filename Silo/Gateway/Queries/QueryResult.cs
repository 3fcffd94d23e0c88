using OrleansFlow.Errors;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Where the result of a query is made, as that changes, or why there will be none. Thread-safe.</summary>
internal sealed class QueryResult : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private CancellationTokenSource _replaced = new();
    private int _attempt;
    private QueryPeer? _at;
    private FlowException? _failure;

    /// <summary>Why there is no result; null while there may be one.</summary>
    public FlowException? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>The result is made anew by a later attempt.</summary>
    public void Move(int attempt, QueryPeer at)
    {
        lock (_gate)
        {
            (_attempt, _at) = (attempt, at);
        }

        Signal();
    }

    /// <summary>There will be no result. The first failure counts.</summary>
    public void Fail(FlowException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        Signal();
    }

    /// <summary>Waits for an attempt that is later than one that is known.</summary>
    /// <returns>The attempt, its worker, and a token that fires when it is no longer the one.</returns>
    /// <exception cref="FlowException">There will be none.</exception>
    public async Task<(int Attempt, QueryPeer At, CancellationToken Replaced)> NextAsync(int after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                ThrowIfFailedWhileLocked();
                if (_attempt > after)
                {
                    return (_attempt, _at!, _replaced.Token);
                }

                changed = _changed.Task;
            }

            await changed.OnSchedulerAsync().WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _replaced.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ThrowIfFailedWhileLocked()
    {
        if (_failure is { } failure)
        {
            // A new one each time: the stack is that of whoever hears of it.
            throw new FlowException(failure.Code, failure.Message, failure);
        }
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        CancellationTokenSource replaced;
        lock (_gate)
        {
            (changed, _changed) = (_changed, NewSignal());
            (replaced, _replaced) = (_replaced, new CancellationTokenSource());
        }

        changed.SetResult();
        replaced.Cancel();
        replaced.Dispose();
    }
}
