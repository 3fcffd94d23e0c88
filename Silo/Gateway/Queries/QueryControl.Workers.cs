using Microsoft.Extensions.Logging;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <content>What is said to workers, and heard of them.</content>
internal sealed partial class QueryControl
{
    private async Task SetAsync(QueryPeer peer, IReadOnlyList<QueryAssignment> tasks, TaskPlaces places)
    {
        var left = _query.TimeLimit - _clock.GetElapsedTime(_startedAt);
        if (left <= TimeSpan.Zero)
        {
            // The grain says so at the next look.
            return;
        }

        try
        {
            _used.TryAdd(peer.Id, (peer, Task.CompletedTask));
            _beats.Hear(peer.Id);
            await _calls.SetAsync(peer.Location, _query.Token, _query.Plans.Request(tasks, peer, places, left), _stop.Token);
            if (_used[peer.Id].Watching.IsCompleted)
            {
                _used[peer.Id] = (peer, WatchAsync(peer));
            }
        }
        catch (RpcException exception)
        {
            var fault = QueryFault.Of(exception);
            await TellAsync(new News(null, new QueryLoss(peer.Id, fault.Message)), fault.IsOfTheWay);
            foreach (var one in fault.IsOfTheWay ? [] : tasks)
            {
                await TellAsync(FailureOf(one.Attempt, fault with { Lost = null }, $"Worker '{peer.Id}': {fault.Message}"), isTold: true);
            }
        }
    }

    /// <summary>Waits for workers that are given tasks. One of them may not answer: meanwhile the grain is asked, so that the query still ends at all the others.</summary>
    /// <returns>False when the query has ended before.</returns>
    private async Task<bool> IsDoneBeforeTheEndAsync(Task setting)
    {
        _underWay.RemoveAll(task => task.IsCompleted);
        _underWay.Add(EndAsync(setting));
        while (!setting.IsCompleted)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            await Task.WhenAny(setting, Task.Delay(_checkInterval, _clock, either.Token).OnSchedulerAsync());
            await either.CancelOnSchedulerAsync();
            if (!setting.IsCompleted)
            {
                var orders = await _query.Grain.ReportAsync(new QueryReport(), _stop.Token);
                if (orders.End is { Code: not null })
                {
                    await ApplyOneAsync(orders);
                    return false;
                }

                // What else it decides waits its turn: a task's places may not change while they are being told.
                _later.Enqueue(orders);
            }
        }

        await setting;
        return true;
    }

    private static async Task EndAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>Tells workers to end attempts that nobody needs. Not waited for: such a worker may be the one that is slow.</summary>
    private void Stop(IReadOnlyList<QueryAssignment> attempts)
    {
        _underWay.RemoveAll(task => task.IsCompleted);
        foreach (var tasks in attempts.GroupBy(one => one.Worker, StringComparer.Ordinal))
        {
            _underWay.Add(StopAsync(_peers[tasks.Key], [.. tasks.Select(one => _query.Plans.KeyOf(one.Attempt))]));
        }
    }

    private async Task StopAsync(QueryPeer peer, IReadOnlyList<TaskKey> tasks)
    {
        try
        {
            await _calls.StopAsync(peer.Location, _query.Token, tasks, "Another attempt ended first.", QueryRun.CancelTimeout);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // They end with the query at the latest.
            LogNotStopped(exception, _query.Id, peer.Id);
        }
    }

    [LoggerMessage(EventId = 5328, Level = LogLevel.Debug, Message = "Query {QueryId}: attempts that are not needed could not be stopped at worker {Worker}")]
    private partial void LogNotStopped(Exception exception, string queryId, string worker);

    /// <summary>Hears of the tasks at a worker for as long as there are any. Never fails: what breaks it is news.</summary>
    private async Task WatchAsync(QueryPeer peer)
    {
        await Task.Yield();
        try
        {
            await foreach (var report in _calls.WatchAsync(peer.Location, _query.Token, _query.Id, _stop.Token))
            {
                if (_beats.IsLost(peer.Id))
                {
                    // Its tasks run elsewhere by now; it ends the watch when it has dropped them.
                    await _calls.CancelAsync(peer.Location, _query.Token, _query.Id, "It was taken for lost.", QueryRun.CancelTimeout);
                    continue;
                }

                _beats.Hear(peer.Id);
                _query.Meter.Hear(peer.Id, report);
                await TellAsync(new News(report, null), !_isEnding);
            }

            await TellAsync(new News(null, new QueryLoss(peer.Id, "It ended the query by itself.")), !_isEnding && !_stop.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The query has ended.
        }
        catch (Exception exception)
        {
            await TellAsync(new News(null, new QueryLoss(peer.Id, exception.Message)), !_isEnding && !_stop.IsCancellationRequested).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }
}
