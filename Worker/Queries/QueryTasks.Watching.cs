using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>Reports of tasks, and the end of queries that nobody ends.</summary>
internal sealed partial class QueryTasks
{
    /// <summary>
    /// Reports of a query's tasks: each at once, then whenever it changes, and now and then while it runs. Ends when the query is cancelled, after
    /// the last reports. A watcher that reads slowly gets the newest report of each task, not every one in between.
    /// </summary>
    /// <exception cref="Errors.FlowException"><c>cancelled</c>: the query was already.</exception>
    public async IAsyncEnumerable<TaskReport> WatchAsync(string queryId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = Enter(queryId);
        try
        {
            var seen = new Dictionary<QueryTask, int>();
            var isTick = false;
            while (true)
            {
                Task changed;
                QueryTask[] tasks;
                bool isEnded;
                lock (_gate)
                {
                    changed = query.Changed;
                    isEnded = query.IsEnded;
                    tasks = [.. query.Replaced, .. query.Tasks.Values];
                }

                foreach (var task in tasks)
                {
                    var version = task.Version;
                    if ((isTick && task.IsRunning) || !seen.TryGetValue(task, out var known) || known != version)
                    {
                        seen[task] = version;
                        yield return task.Report();
                    }
                }

                if (isEnded)
                {
                    yield break;
                }

                isTick = !await HappensAsync(changed, cancellationToken);
            }
        }
        finally
        {
            Leave(query);
        }
    }

    private async Task<bool> HappensAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(_options.ReportInterval, _clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Ends queries whose plans came in tickets when they were read to their end.</summary>
    private async Task EndDrainedAsync(CancellationToken cancellationToken)
    {
        await foreach (var queryId in _drained.Reader.ReadAllAsync(cancellationToken))
        {
            WorkerQuery? query = null;
            lock (_gate)
            {
                if (_queries.TryGetValue(queryId, out var known) && known.IsReadOut)
                {
                    _queries.Remove(queryId);
                    query = known;
                }
            }

            if (query is not null)
            {
                await EndAsync(query, "It was read to its end.", isLost: false);
            }
        }
    }

    private async Task EndOrphansAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.OrphanLimit / 4, _clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            string[] orphans;
            lock (_gate)
            {
                orphans = [.. _queries.Values.Where(query => query.CallCount == 0 && _clock.GetElapsedTime(query.UsedAt) >= _options.OrphanLimit).Select(query => query.Id)];
            }

            foreach (var orphan in orphans)
            {
                LogOrphaned(orphan, _options.OrphanLimit);
                await CancelAsync(orphan, $"Nobody read it, watched it or asked for it for {_options.OrphanLimit}.");
            }
        }
    }

    [LoggerMessage(EventId = 5020, Level = LogLevel.Warning, Message = "Query {QueryId} is cancelled: nobody read it, watched it or asked for it for {Limit}")]
    private partial void LogOrphaned(string queryId, TimeSpan limit);
}
