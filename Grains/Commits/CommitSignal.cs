namespace OrleansFlow.Grains.Commits;

/// <summary>Wakes whoever waits for the next commit. Used by one grain inside its turns.</summary>
internal sealed class CommitSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next commit; fails when the grain cannot commit any more.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _next.Task.WaitInTurnAsync(cancellationToken);

    /// <summary>A commit was made.</summary>
    public void Pulse()
    {
        var now = _next;
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        now.SetResult();
    }

    /// <summary>No commit will come.</summary>
    public void Fail(Exception exception)
    {
        _next.TrySetException(exception);

        // Seen here: there may be no waiter.
        _ = _next.Task.Exception;
    }
}
