using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Commits that sinks were told to repeat, or to make last of all. Not thread-safe.</summary>
/// <param name="epoch">Of which epoch.</param>
/// <param name="count">How many; each is told of once.</param>
internal sealed class AwaitedCommits(long epoch, int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = count;

    /// <summary>Ends when all have committed; fails with a subtask.</summary>
    public Task Done => _left == 0 ? Task.CompletedTask : _done.Task;

    /// <summary>A sink has committed.</summary>
    public void Commit(CheckpointEvent committed)
    {
        if (committed.Epoch == epoch && --_left == 0)
        {
            _done.TrySetResult();
        }
    }

    /// <summary>The run was ended meanwhile.</summary>
    public void Cancel() => _done.TrySetCanceled(CancellationToken.None);

    /// <summary>Some will never commit.</summary>
    public void Fail(Exception exception)
    {
        _done.TrySetException(exception);
        _ = _done.Task.Exception;
    }
}
