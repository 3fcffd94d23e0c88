namespace OrleansFlow.Grains.Commits;

/// <summary>Who waits for one commit: nothing is made for a commit that nobody waits for. Used by one grain inside its turns.</summary>
internal struct Waiters
{
    private TaskCompletionSource? _all;
    private IWaiter? _newest;

    private interface IWaiter
    {
        IWaiter? Older { get; set; }

        void Complete();

        void Fail(Exception exception);
    }

    /// <summary>Completes with the commit, for any number of callers.</summary>
    public Task All => (_all ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Adds a caller who gets an answer with the commit.</summary>
    public Task<TAnswer> AnswerAsync<TAnswer>(TAnswer answer)
    {
        var waiter = new Waiter<TAnswer>(answer) { Older = _newest };
        _newest = waiter;
        return waiter.Task;
    }

    /// <summary>The commit is durable.</summary>
    public readonly void Complete()
    {
        for (var waiter = InOrder(); waiter is not null; waiter = waiter.Older)
        {
            waiter.Complete();
        }

        _all?.SetResult();
    }

    /// <summary>The commit, or one before it, was not written.</summary>
    public readonly void Fail(Exception exception)
    {
        for (var waiter = InOrder(); waiter is not null; waiter = waiter.Older)
        {
            waiter.Fail(exception);
        }

        if (_all is not null)
        {
            _all.SetException(exception);

            // Seen here, so that a write that nobody waited for is no unobserved exception.
            _ = _all.Task.Exception;
        }
    }

    /// <summary>The first who came in front, so that they are answered in that order.</summary>
    private readonly IWaiter? InOrder()
    {
        IWaiter? first = null;
        var waiter = _newest;
        while (waiter is not null)
        {
            var older = waiter.Older;
            waiter.Older = first;
            (first, waiter) = (waiter, older);
        }

        return first;
    }

    private sealed class Waiter<TAnswer>(TAnswer answer) : TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously), IWaiter
    {
        public IWaiter? Older { get; set; }

        public void Complete() => SetResult(answer);

        public void Fail(Exception exception)
        {
            SetException(exception);
            _ = Task.Exception;
        }
    }
}
