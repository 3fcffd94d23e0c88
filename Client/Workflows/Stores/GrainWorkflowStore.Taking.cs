using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Client.Workflows.Stores;

/// <content>How work is found: each version of a workflow has its queues, and in each the runs take turns.</content>
public sealed partial class GrainWorkflowStore
{
    private readonly Lock _newsGate = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _turn;

    /// <inheritdoc/>
    public async ValueTask<WorkLease?> TakeAsync(WorkFilter filter, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var began = _options.Time.GetTimestamp();
        var seen = new Dictionary<WatchedQueue, long>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var news = NextNewsAsync();
            var queues = await QueuesOfAsync(filter, cancellationToken).ConfigureAwait(false);
            if (await TryTakeAsync(queues, seen, filter).ConfigureAwait(false) is { } lease)
            {
                return lease;
            }

            var rest = wait == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : wait - _options.Time.GetElapsedTime(began);
            if (rest <= TimeSpan.Zero)
            {
                return null;
            }

            foreach (var queue in queues)
            {
                queue.Watch();
            }

            if (filter.Workflows.Count == 0)
            {
                _catalog.Begin();
            }

            try
            {
                await news.WaitAsync(rest == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : rest, _options.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }

    /// <summary>Looks at the queues that have news, each in its turn to be the first.</summary>
    private async ValueTask<WorkLease?> TryTakeAsync(List<WatchedQueue> queues, Dictionary<WatchedQueue, long> seen, WorkFilter filter)
    {
        var first = queues.Count == 0 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % (uint)queues.Count);
        for (var place = 0; place < queues.Count; place++)
        {
            var queue = queues[(first + place) % queues.Count];
            var news = queue.News;
            if (seen.TryGetValue(queue, out var known) && known == news)
            {
                continue;
            }

            if (await CallAsync(() => queue.TakeAsync(filter.Worker, filter.Session)).ConfigureAwait(false) is { } taken)
            {
                return await LeaseOfAsync(taken).ConfigureAwait(false);
            }

            seen[queue] = news;
        }

        return null;
    }

    private async ValueTask<WorkLease> LeaseOfAsync(WorkflowStepLease taken)
    {
        var workflow = await _definitions.FindAsync(new(taken.Workflow, taken.Version), CancellationToken.None).ConfigureAwait(false)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Run '{taken.Run}' is on version {taken.Version} of workflow '{taken.Workflow}', which the cluster does not keep.");
        var item = WorkflowRunJson.ReadItem(taken.Item.Utf8);
        return new WorkLease(new StepToken(taken.Run, item.Id, item.Epoch), workflow, item, ContextOf(taken.Context), taken.ExpiresUtc, taken.Duration);
    }

    private async ValueTask<List<WatchedQueue>> QueuesOfAsync(WorkFilter filter, CancellationToken cancellationToken)
    {
        var queues = new List<WatchedQueue>();
        foreach (var version in filter.Workflows.Count > 0 ? filter.Workflows : await CallAsync(() => _definitions.ListAsync(cancellationToken)).ConfigureAwait(false))
        {
            if (await _definitions.FindAsync(version, cancellationToken).ConfigureAwait(false) is { } workflow)
            {
                queues.AddRange(KnownDefinitions.QueuesOf(workflow, filter.Roles).Select(QueueOf));
            }
        }

        return queues;
    }

    private WatchedQueue QueueOf(string role) => _queues.GetOrAdd(
        role, static (role, store) => new WatchedQueue(store._grains, role, store._options, store.TellNews, store._stopping.Token), this);

    /// <summary>Completes when something may be there that is not there yet; fails when nothing will come any more.</summary>
    private Task NextNewsAsync()
    {
        lock (_newsGate)
        {
            return _news.Task;
        }
    }

    private void TellNews()
    {
        TaskCompletionSource told;
        lock (_newsGate)
        {
            told = _news;
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.TrySetResult();
    }

    private void EndNews()
    {
        lock (_newsGate)
        {
            _news.TrySetException(Closed());

            // Seen here: there may be nobody who waits.
            _ = _news.Task.Exception;
        }
    }
}
