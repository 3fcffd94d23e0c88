using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Worker.Sessions;

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
    private readonly IQueryCalls _calls;
    private readonly QueryResult _result;
    private readonly TimeSpan _checkInterval;
    private readonly TimeProvider _clock;
    private readonly ILogger<QueryRun> _logger;
    private readonly WorkerBeats _beats;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<News> _news = Channel.CreateBounded<News>(NewsMax);
    private readonly Dictionary<(int Stage, int Task), (int Attempt, QueryPeer At)> _places = [];
    private readonly List<(QueryAttempt Attempt, TaskReport Report)> _finished = [];
    private readonly Dictionary<string, QueryPeer> _peers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (QueryPeer Peer, Task Watching)> _used = new(StringComparer.Ordinal);
    private readonly List<Task> _underWay = [];
    private readonly Queue<QueryOrders> _later = [];
    private readonly long _startedAt;
    private Task _loop = Task.CompletedTask;
    private volatile bool _isEnding;

    public QueryControl(
        QueryContext query, IQueryWorkers workers, IQueryCalls calls, QueryResult result, QueryPatience patience, TimeProvider clock, ILogger<QueryRun> logger)
    {
        _query = query;
        _workers = workers;
        _calls = calls;
        _result = result;
        _checkInterval = patience.CheckInterval;
        _beats = new WorkerBeats(patience.SilenceMax, clock);
        _clock = clock;
        _logger = logger;
        _startedAt = clock.GetTimestamp();
        ResultStage = query.Steps.Plan.Stages.Count - 1;
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

    /// <summary>
    /// Waits for the last words of the workers, which were told of the end. Call it before that: a worker that then leaves the query is no loss.
    /// </summary>
    /// <param name="tellAsync">Tells them.</param>
    /// <param name="timeout">How long the slowest may take; what it would have said is then not known.</param>
    public async Task HearOutAsync(Func<Task> tellAsync, TimeSpan timeout)
    {
        _isEnding = true;
        await tellAsync();
        await Task.WhenAll(_used.Values.Select(used => used.Watching)).WaitAsync(timeout, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>From now on no worker is given anything. What is under way ends soon; <see cref="DisposeAsync"/> waits for it.</summary>
    public Task StopAsync() => _stop.CancelOnSchedulerAsync();

    /// <summary>Ends the loop and the watching. Tasks at workers stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _loop;
        await Task.WhenAll(_used.Values.Select(used => used.Watching).Concat(_underWay));
        _stop.Dispose();
    }

    /// <summary>The rows of the last stage could not be read.</summary>
    public void TellResultFailed(int attempt, QueryPeer at, QueryFault fault)
    {
        var news = fault.IsOfTheWay
            ? new News(null, new QueryLoss(at.Id, fault.Message))
            : FailureOf(new QueryAttempt(ResultStage, 0, attempt), fault, fault.Message);
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
                await GoOnAsync();
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

    /// <summary>Begins the stages for which others had to end, now that these have.</summary>
    private async Task GoOnAsync()
    {
        foreach (var (attempt, report) in _finished)
        {
            _query.Steps.Finish(attempt, report);
        }

        _finished.Clear();
        if (_result.Failure is null && _query.Steps.Next() is { Count: > 0 } releases)
        {
            await ApplyAsync(await _query.Grain.ReleaseAsync(releases, _stop.Token));
        }
    }

    private async Task WaitAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var news = WaitForNewsAsync(either.Token);
        await Task.WhenAny(news, Task.Delay(_checkInterval, _clock, either.Token).OnSchedulerAsync());
        await either.CancelOnSchedulerAsync();
        await news.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private async Task WaitForNewsAsync(CancellationToken cancellationToken) => await _news.Reader.WaitToReadAsync(cancellationToken);

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
                    _finished.Add((attempt, report));
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

        foreach (var silent in _beats.TakeSilent(_places.Where(place => !_query.Steps.IsFinished(place.Key.Stage, place.Key.Task)).Select(place => place.Value.At.Id)))
        {
            lost.Add(new QueryLoss(silent, "Nothing was heard of it for too long."));
        }

        // Those that came since are wanted only where something has to move.
        var hosts = lost.Count + failed.Count > 0 ? await FindHostsAsync() : [];
        return new QueryReport { Finished = finished, Failed = failed, Lost = lost, Workers = hosts, Stages = _query.Meter.Progress(_query.Steps.PositionOf) };
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

    /// <summary>Does what the grain decides, and then what it decided meanwhile.</summary>
    private async Task ApplyAsync(QueryOrders orders)
    {
        _later.Enqueue(orders);
        while (_result.Failure is null && _later.TryDequeue(out var next))
        {
            await ApplyOneAsync(next);
        }
    }

    private async Task ApplyOneAsync(QueryOrders orders)
    {
        if (orders.End is { Code: { } code } end)
        {
            _result.Fail(new FlowException(code, SqlPlaces.Remove(end.Message)));
            return;
        }

        foreach (var assignment in orders.Moved.Concat(orders.ToSet.Where(one => !one.IsCopy)))
        {
            _places[(assignment.Attempt.Stage, assignment.Attempt.Task)] = (assignment.Attempt.Attempt, _peers[assignment.Worker]);
            _query.Steps.Move(assignment.Attempt);
        }

        // Made anew each time: a task may have moved since.
        var places = new TaskPlaces(_query.Id, _query.Steps, _places);
        var setting = Task.WhenAll(orders.ToSet.GroupBy(one => one.Worker, StringComparer.Ordinal).Select(tasks => SetAsync(_peers[tasks.Key], [.. tasks], places)));
        if (!await IsDoneBeforeTheEndAsync(setting))
        {
            return;
        }

        Stop(orders.ToStop);
        foreach (var assignment in orders.ToSet)
        {
            // Last, so that a reader finds the attempt set, or its worker's failure told.
            if (assignment.Attempt.Stage == ResultStage)
            {
                _result.Move(assignment.Attempt.Attempt, _peers[assignment.Worker]);
            }
        }
    }

    private Task TellAsync(News news, bool isTold) => isTold ? _news.Writer.WriteAsync(news, _stop.Token).AsTask() : Task.CompletedTask;

    private News FailureOf(QueryAttempt attempt, QueryFault fault, string message) => new(
        new TaskReport
        {
            Key = _query.Plans.KeyOf(attempt),
            State = TaskReport.Types.State.Failed,
            Failure = new TaskFailure { Code = FlowErrorKind.Of(fault.Code).Wire, Message = message, Lost = fault.Lost },
        },
        null);

    private QueryAttempt? AttemptOf(TaskKey? key) =>
        key is not null && _query.Steps.PositionOf(key.Stage) is { } position ? new QueryAttempt(position, key.Task, key.Attempt) : null;

    [LoggerMessage(EventId = 5322, Level = LogLevel.Warning, Message = "Query {QueryId}: that its result could not be read was not told, because too much waits: {Reason}")]
    private partial void LogResultNotTold(string queryId, string reason);

    /// <summary>What a worker says of a task, or that it says no more.</summary>
    private readonly record struct News(TaskReport? Report, QueryLoss? Lost);
}
