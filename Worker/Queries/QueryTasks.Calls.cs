using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>Calls that read, watch or wait: while one goes on, its query is not given up.</summary>
internal sealed partial class QueryTasks
{
    /// <summary>
    /// Ends attempts and lets go of what they kept; their queries go on, and whoever still reads them is told. What is not there, or was replaced, is fine.
    /// </summary>
    public async Task StopAsync(IEnumerable<TaskKey> keys, string reason)
    {
        List<QueryTask> stopped = [];
        lock (_gate)
        {
            foreach (var key in keys)
            {
                if (_queries.TryGetValue(key.QueryId, out var query) && query.Tasks.TryGetValue((key.Stage, key.Task), out var task) && task.Key.Attempt == key.Attempt)
                {
                    stopped.Add(task);
                }
            }
        }

        await Task.WhenAll(stopped.Select(task => task.CancelAsync(reason, isLost: false)));
    }

    /// <summary>A call begins that has to do with a query.</summary>
    private WorkerQuery Enter(string queryId)
    {
        lock (_gate)
        {
            if (_cancelled.ReasonOf(queryId) is { } reason)
            {
                throw new FlowException(FlowErrorCode.Cancelled, $"Query '{queryId}' was cancelled: {reason}");
            }

            var query = GetWhileLocked(queryId);
            query.CallCount++;
            return query;
        }
    }

    private void Leave(WorkerQuery query)
    {
        lock (_gate)
        {
            query.CallCount--;
            query.UsedAt = _clock.GetTimestamp();
            if (query.IsReadOut)
            {
                _drained.Writer.TryWrite(query.Id);
            }
            else if (query.IsUnused && _queries.TryGetValue(query.Id, out var known) && known == query)
            {
                _queries.Remove(query.Id);
            }
        }
    }

    private FlightStream Owned(WorkerQuery query, FlightStream stream) => new(stream.Schema, stream.Batches) { Owner = new CallOwner(this, query, stream) };

    private async Task<QueryTask> FindAsync(WorkerQuery query, TaskKey key, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.PlanWait, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                ThrowIfStaleWhileLocked(key, isPlan: false);
                if (query.Tasks.TryGetValue((key.Stage, key.Task), out var task) && task.Key.Attempt == key.Attempt)
                {
                    return task;
                }

                changed = query.Changed;
            }

            try
            {
                await changed.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new FlowException(
                    FlowErrorCode.NotFound, $"Worker '{_host.WorkerId}' got no plan of task {QueryErrors.Format(key)} within {_options.PlanWait}. Was it set on another worker, or has this one been restarted?");
            }
        }
    }

    private void OnReadersGone(QueryTask task) => _drained.Writer.TryWrite(task.Key.QueryId);

    private sealed class CallOwner(QueryTasks owner, WorkerQuery query, FlightStream stream) : IAsyncDisposable
    {
        private int _isLeft;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                await stream.DisposeAsync();
                owner.Leave(query);
            }
        }
    }
}
