namespace OrleansFlow.Grains.Tasks;

/// <summary>The tasks that are leased now, in the order of their leases. Linked through the tasks themselves, so that nothing is allocated for a lease.</summary>
internal sealed class LeasedTasks
{
    private LiveTask? _last;

    /// <summary>The first one; the rest follow by <see cref="LiveTask.NextLeased"/>.</summary>
    public LiveTask? First { get; private set; }

    public void Add(LiveTask task)
    {
        task.PreviousLeased = _last;
        if (_last is null)
        {
            First = task;
        }
        else
        {
            _last.NextLeased = task;
        }

        _last = task;
    }

    public void Remove(LiveTask task)
    {
        if (task.PreviousLeased is { } previous)
        {
            previous.NextLeased = task.NextLeased;
        }
        else
        {
            First = task.NextLeased;
        }

        if (task.NextLeased is { } next)
        {
            next.PreviousLeased = task.PreviousLeased;
        }
        else
        {
            _last = task.PreviousLeased;
        }

        (task.PreviousLeased, task.NextLeased) = (null, null);
    }
}
