using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Tasks;

/// <summary>What a partition has to tell the queue of one role, at least once. Used by one grain inside its turns.</summary>
/// <param name="queue">The queue.</param>
/// <param name="clock">Clock of the waits between tries.</param>
/// <param name="failed">Hears of each try that failed.</param>
/// <param name="stopped">Ends the tries with the activation.</param>
internal sealed class RoleOffers(IRoleQueueGrain queue, TimeProvider clock, Action<Exception> failed, CancellationToken stopped)
{
    /// <summary>Entries of one call, so that a large backlog does not hold the queue's turn for long.</summary>
    private const int EntriesPerCall = 4_096;

    private List<QueueEntry> _entries = [];
    private List<TaskId> _removals = [];
    private TaskCompletionSource? _tried;

    /// <summary>Completes when what is told now was tried once, with whatever result; never fails.</summary>
    public Task Tried => _tried?.Task ?? Task.CompletedTask;

    /// <summary>The sending, for the end of the activation.</summary>
    public Task Sending { get; private set; } = Task.CompletedTask;

    /// <summary>A task is ready.</summary>
    public void Add(QueueEntry entry)
    {
        _entries.Add(entry);
        Begin();
    }

    /// <summary>A task that was offered has ended.</summary>
    public void Remove(TaskId task)
    {
        _removals.Add(task);
        Begin();
    }

    private void Begin()
    {
        _tried ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Sending.IsCompleted)
        {
            Sending = SendAsync();
        }
    }

    private async Task SendAsync()
    {
        // What is committed together goes together.
        await Task.Yield();
        var retry = new DeliveryRetry(clock);
        while (_entries.Count + _removals.Count > 0 && !stopped.IsCancellationRequested)
        {
            var (entries, removals, tried) = (_entries, _removals, _tried);
            (_entries, _removals, _tried) = ([], [], null);
            var sent = 0;
            try
            {
                for (; sent < entries.Count; sent += EntriesPerCall)
                {
                    await queue.EnqueueAsync(
                        entries.Count <= EntriesPerCall ? entries : entries.GetRange(sent, Math.Min(EntriesPerCall, entries.Count - sent)), stopped);
                }

                if (removals.Count > 0)
                {
                    await queue.RemoveAsync(removals, stopped);
                }

                retry.Reset();
                tried?.SetResult();
            }
            catch (Exception exception)
            {
                tried?.SetResult();
                if (stopped.IsCancellationRequested)
                {
                    // The activation ends; the next one offers what is ready.
                    return;
                }

                failed(exception);
                _entries.InsertRange(0, entries.Skip(sent));
                _removals.InsertRange(0, removals);
                try
                {
                    await retry.WaitAsync(stopped);
                }
                catch (OperationCanceledException)
                {
                    // The loop's condition ends it.
                }
            }
        }
    }
}
