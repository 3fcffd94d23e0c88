using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Looks after the tasks of one query: hears what workers say of them, tells the grain, and does what it decides. Everything that changes places
/// is done by one loop, one thing after the other.
/// </summary>
internal sealed partial class QueryControl : IAsyncDisposable
{
    // What workers say waits here; more makes them wait.
    private const int NewsMax = 1_024;
    private const int NewsPerReport = 256;

    private readonly QueryContext _query;
    private readonly IQueryWorkers _workers;
    private readonly QueryCalls _calls;
    private readonly QueryResult _result;
    private readonly TimeSpan _checkInterval;
    private readonly TimeProvider _clock;
    private readonly ILogger<QueryRun> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<News> _news = Channel.CreateBounded<News>(NewsMax);
    private readonly Dictionary<(int Stage, int Task), (int Attempt, QueryPeer At)> _places = [];
    private readonly Dictionary<string, QueryPeer> _peers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (QueryPeer Peer, Task Watching)> _used = new(StringComparer.Ordinal);
    private readonly long _startedAt;
    private Task _loop = Task.CompletedTask;

    public QueryControl(
        QueryContext query, IQueryWorkers workers, QueryCalls calls, QueryResult result, TimeSpan checkInterval, TimeProvider clock, ILogger<QueryRun> logger)
    {
        _query = query;
        _workers = workers;
        _calls = calls;
        _result = result;
        _checkInterval = checkInterval;
        _clock = clock;
        _logger = logger;
        _startedAt = clock.GetTimestamp();
        ResultStage = query.Plans.Stages().Count - 1;
    }

    /// <summary>Position of the last stage.</summary>
    public int ResultStage { get; }

    /// <summary>Workers that were given tasks.</summary>
    public IEnumerable<QueryPeer> Used => _used.Values.Select(used => used.Peer);

    /// <summary>Begins.</summary>
    public void Start(QueryOrders orders, IReadOnlyList<QueryPeer> peers)
    {
        Know(peers);
        _loop = LoopAsync(orders);
    }

    /// <summary>Ends the loop and the watching. Tasks at workers stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_used.Values.Select(used => used.Watching));
        _stop.Dispose();
    }

    /// <summary>The rows of the last stage could not be read.</summary>
    public void TellResultFailed(int attempt, QueryPeer at, QueryFault fault)
    {
        var news = fault.IsOfTheWay
            ? new News(null, new QueryLoss(at.Id, fault.Message))
            : new News(
                new TaskReport
                {
                    Key = _query.Plans.KeyOf(new QueryAttempt(ResultStage, 0, attempt)),
                    State = TaskReport.Types.State.Failed,
                    Failure = new TaskFailure { Code = FlowErrorKind.Of(fault.Code).Wire, Message = fault.Message, Lost = fault.Lost },
                },
                null);
        if (!_news.Writer.TryWrite(news))
        {
            // So many reports wait that one of them says the same.
            LogResultNotTold(_query.Id, fault.Message);
        }
    }

    private async Task LoopAsync(QueryOrders orders)
    {
        try
        {
            await ApplyAsync(orders);
            while (!_stop.IsCancellationRequested && _result.Failure is null)
            {
                await WaitAsync();
                await ApplyAsync(await _query.Grain.ReportAsync(await TakeReportAsync(), _stop.Token));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The query has ended.
        }
        catch (FlowException exception)
        {
            _result.Fail(exception);
        }
        catch (Exception exception)
        {
            _result.Fail(new FlowException(FlowErrorCode.QueryLost, $"What keeps track of query '{_query.Id}' cannot be reached: {exception.Message} Run it again.", exception));
        }
    }

    private async Task WaitAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task news = _news.Reader.WaitToReadAsync(either.Token).AsTask();
        await Task.WhenAny(news, Task.Delay(_checkInterval, _clock, either.Token));
        await either.CancelAsync();
        await news.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private async Task<QueryReport> TakeReportAsync()
    {
        var finished = new List<QueryAttempt>();
        var failed = new List<QueryFailure>();
        var lost = new List<QueryLoss>();
        for (var count = 0; count < NewsPerReport && _news.Reader.TryRead(out var news); count++)
        {
            if (news.Lost is { } loss)
            {
                lost.Add(loss);
            }
            else if (news.Report is { } report && AttemptOf(report.Key) is { } attempt)
            {
                if (report.State == TaskReport.Types.State.Finished)
                {
                    finished.Add(attempt);
                }
                else if (report.State == TaskReport.Types.State.Failed)
                {
                    failed.Add(new QueryFailure(
                        attempt,
                        FlowErrorKind.OfWire(report.Failure?.Code ?? "").Code,
                        report.Failure?.Message ?? "The worker did not say why.",
                        report.Failure?.Lost is { } source ? AttemptOf(source) : null));
                }
            }
        }

        // Those that came since are wanted only where something has to move.
        var hosts = lost.Count + failed.Count > 0 ? await FindHostsAsync() : [];
        return new QueryReport { Finished = finished, Failed = failed, Lost = lost, Workers = hosts };
    }

    private async Task<IReadOnlyList<QueryHost>> FindHostsAsync()
    {
        var peers = await _workers.ListAsync(_stop.Token);
        Know(peers);
        return [.. peers.Select(peer => new QueryHost(peer.Id, peer.Cores, peer.RunningTasks))];
    }

    private void Know(IReadOnlyList<QueryPeer> peers)
    {
        foreach (var peer in peers)
        {
            _peers.TryAdd(peer.Id, peer);
        }
    }

    private async Task ApplyAsync(QueryOrders orders)
    {
        if (orders.End is { Code: { } code } end)
        {
            _result.Fail(new FlowException(code, end.Message));
            return;
        }

        foreach (var assignment in orders.ToSet)
        {
            _places[(assignment.Attempt.Stage, assignment.Attempt.Task)] = (assignment.Attempt.Attempt, _peers[assignment.Worker]);
        }

        await Task.WhenAll(orders.ToSet.GroupBy(one => one.Worker, StringComparer.Ordinal).Select(tasks => SetAsync(_peers[tasks.Key], [.. tasks])));
        foreach (var assignment in orders.ToSet)
        {
            // Last, so that a reader finds the attempt set, or its worker's failure told.
            if (assignment.Attempt.Stage == ResultStage)
            {
                _result.Move(assignment.Attempt.Attempt, _peers[assignment.Worker]);
            }
        }
    }

    private async Task SetAsync(QueryPeer peer, IReadOnlyList<QueryAssignment> tasks)
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
            await _calls.SetAsync(
                peer.Location, _query.Token, tasks.Select(one => _query.Plans.Make(one.Attempt, peer, (stage, task) => _places[(stage, task)], left)), _stop.Token);
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
                await TellAsync(
                    new News(
                        new TaskReport
                        {
                            Key = _query.Plans.KeyOf(one.Attempt),
                            State = TaskReport.Types.State.Failed,
                            Failure = new TaskFailure { Code = FlowErrorKind.Of(fault.Code).Wire, Message = $"Worker '{peer.Id}': {fault.Message}" },
                        },
                        null),
                    isTold: true);
            }
        }
    }

    /// <summary>Hears of the tasks at a worker for as long as there are any. Never fails: what breaks it is news.</summary>
    private async Task WatchAsync(QueryPeer peer)
    {
        await Task.Yield();
        try
        {
            await foreach (var report in _calls.WatchAsync(peer.Location, _query.Token, _query.Id, _stop.Token))
            {
                await _news.Writer.WriteAsync(new News(report, null), _stop.Token);
            }

            await TellAsync(new News(null, new QueryLoss(peer.Id, "It ended the query by itself.")), !_stop.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The query has ended.
        }
        catch (Exception exception)
        {
            await TellAsync(new News(null, new QueryLoss(peer.Id, exception.Message)), !_stop.IsCancellationRequested).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task TellAsync(News news, bool isTold) => isTold ? _news.Writer.WriteAsync(news, _stop.Token).AsTask() : Task.CompletedTask;

    private QueryAttempt? AttemptOf(TaskKey? key) =>
        key is not null && _query.Plans.PositionOf(key.Stage) is { } position ? new QueryAttempt(position, key.Task, key.Attempt) : null;

    [LoggerMessage(EventId = 5322, Level = LogLevel.Warning, Message = "Query {QueryId}: that its result could not be read was not told, because too much waits: {Reason}")]
    private partial void LogResultNotTold(string queryId, string reason);

    /// <summary>What a worker says of a task, or that it says no more.</summary>
    private readonly record struct News(TaskReport? Report, QueryLoss? Lost);
}
