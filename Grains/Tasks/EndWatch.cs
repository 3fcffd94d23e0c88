using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>Gathers the ends of watched tasks for one reader. Used by one grain inside its turns. Holds no more than one end for each watched task.</summary>
internal sealed class EndWatch
{
    private List<TaskView> _ended = [];
    private TaskCompletionSource? _arrival;
    private Exception? _failure;

    /// <summary>A watched task has ended.</summary>
    public void Add(TaskView view)
    {
        _ended.Add(view);
        Wake();
    }

    /// <summary>No further end will come.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        Wake();
    }

    /// <summary>The ends since the last call; waits for the first of them.</summary>
    public async Task<IReadOnlyList<TaskView>> TakeAsync(CancellationToken cancellationToken)
    {
        while (_ended.Count == 0)
        {
            if (_failure is { } failure)
            {
                throw failure;
            }

            _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _arrival.Task.WaitInTurnAsync(cancellationToken);
        }

        var ended = _ended;
        _ended = [];
        return ended;
    }

    private void Wake()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
