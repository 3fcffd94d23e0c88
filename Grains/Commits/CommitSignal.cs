namespace OrleansFlow.Grains.Commits;

/// <summary>Wakes whoever waits for the next commit. Used by one grain inside its turns.</summary>
internal sealed class CommitSignal
{
    // Made by the first who waits: most commits are waited for by nobody.
    private TaskCompletionSource? _next;
    private Exception? _failure;

    /// <summary>Completes at the next commit; fails when the grain cannot commit any more.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _failure is { } failure
        ? Task.FromException(failure)
        : (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitInTurnAsync(cancellationToken);

    /// <summary>A commit was made.</summary>
    public void Pulse()
    {
        var now = _next;
        _next = null;
        now?.SetResult();
    }

    /// <summary>No commit will come.</summary>
    public void Fail(Exception exception)
    {
        _failure = exception;
        if (_next is { } next)
        {
            next.TrySetException(exception);

            // Seen here: its waiter may have gone.
            _ = next.Task.Exception;
        }
    }
}
