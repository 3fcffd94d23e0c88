using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>How many references a reader may still send. One waiter, many givers.</summary>
internal sealed class InputCreditGate(long credit)
{
    // More than any worker asks for; keeps repeated gifts from overflowing.
    private const long CreditMax = int.MaxValue;

    private readonly Lock _gate = new();
    private long _credit = credit;
    private TaskCompletionSource? _waiter;

    public void Give(int credit)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _credit = Math.Min(_credit + credit, CreditMax);
            waiter = _credit > 0 ? _waiter : null;
            _waiter = waiter is null ? _waiter : null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes one credit if there is one.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (_credit == 0)
            {
                return false;
            }

            _credit--;
            return true;
        }
    }

    /// <summary>Waits until there is credit.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_credit > 0)
            {
                return Task.CompletedTask;
            }

            _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task.OnSchedulerAsync().WaitAsync(cancellationToken);
        }
    }
}
