namespace OrleansFlow.Grains.Commits;

/// <summary>Sends what many callers add in few messages: one at a time, each with all that has gathered meanwhile. Thread-safe.</summary>
/// <remarks>As <see cref="CommitPump{TState,TEvent}"/> does it for one grain's commits. What waits is bounded by its callers, who wait for it.</remarks>
/// <typeparam name="T">What is sent.</typeparam>
/// <param name="send">Sends items; its failure is that of all who added one of them.</param>
internal sealed class Gatherer<T>(Func<IReadOnlyList<T>, Task> send)
{
    private readonly Lock _gate = new();
    private List<T> _waiting = [];
    private TaskCompletionSource? _done;
    private Task _loop = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>Adds an item.</summary>
    /// <returns>Completes when it was sent.</returns>
    public Task AddAsync(T item)
    {
        lock (_gate)
        {
            _waiting.Add(item);
            var done = _done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isRunning)
            {
                _isRunning = true;
                _loop = RunAsync();
            }

            return done.Task;
        }
    }

    /// <summary>Completes when all that was added has been sent, whatever became of it.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _loop;
        }
    }

    private async Task RunAsync()
    {
        // Lets those who come at the same moment join the first message.
        await Task.Yield();
        while (true)
        {
            List<T> items;
            TaskCompletionSource done;
            lock (_gate)
            {
                if (_done is null)
                {
                    _isRunning = false;
                    return;
                }

                (items, _waiting, done, _done) = (_waiting, [], _done, null);
            }

            try
            {
                await send(items);
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);

                // Seen here: that nobody waited for it is no fault of its own.
                _ = done.Task.Exception;
            }
        }
    }
}
