using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// One query that runs: its tasks are given to workers and watched, and its result is read. Disposing it ends it: no task of it is left anywhere that
/// can be reached.
/// </summary>
internal sealed partial class QueryRun : IAsyncDisposable
{
    /// <summary>How long a worker may take to drop a query.</summary>
    internal static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(2);

    private readonly QueryContext _query;
    private readonly IQueryCalls _calls;
    private readonly ILogger<QueryRun> _logger;
    private readonly QueryResult _result = new();
    private readonly QueryControl _control;
    private Opened? _unread;
    private bool _isComplete;
    private int _disposed;

    /// <param name="query">What it is.</param>
    /// <param name="workers">Where more workers are found when some are lost.</param>
    /// <param name="calls">Reaches workers.</param>
    /// <param name="patience">How long it waits for what.</param>
    /// <param name="clock">Clock and timers.</param>
    /// <param name="logger">Hears what cannot be told to the client.</param>
    public QueryRun(QueryContext query, IQueryWorkers workers, IQueryCalls calls, QueryPatience patience, TimeProvider clock, ILogger<QueryRun> logger)
    {
        _query = query;
        _calls = calls;
        _logger = logger;
        _control = new QueryControl(query, workers, calls, _result, patience, clock, logger);
    }

    /// <summary>What was changed of the plan while it ran. Safe to read when this is disposed.</summary>
    public IReadOnlyList<QueryChange> Changes => _query.Steps.Changes;

    /// <summary>Gives the tasks to their workers and waits for the result's columns.</summary>
    /// <returns>The result; it owns this.</returns>
    public async Task<FlightStream> StartAsync(QueryOrders orders, IReadOnlyList<QueryPeer> peers, CancellationToken cancellationToken)
    {
        try
        {
            _control.Start(orders, peers);
            var opened = _unread = await OpenAsync(after: 0, cancellationToken);
            return new FlightStream(opened.Schema, ReadAsync(opened, cancellationToken)) { Owner = this };
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (_unread is { } unread)
        {
            await unread.DisposeAsync();
        }

        if (_query.Meter.IsProfile)
        {
            await _control.HearOutAsync(() => Task.WhenAll(_control.Used.Select(peer => CancelAsync(peer, "It has ended."))), CancelTimeout);
        }

        // Workers are told first: what keeps track of the query may be slow to answer, or gone.
        await _control.StopAsync();
        var ended = _isComplete ? new QueryEnded(null, "")
            : _result.Failure is { } failure ? new QueryEnded(failure.Code, failure.Message)
            : new QueryEnded(FlowErrorCode.Cancelled, "Nobody reads it any more.");
        await Task.WhenAll(_control.Used.Select(peer => CancelAsync(peer, ended.Message)));
        await _control.DisposeAsync();
        try
        {
            await _query.Grain.EndAsync(ended, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogGrainNotTold(exception, _query.Id);
        }

        _result.Dispose();
        foreach (var change in _query.Steps.Changes)
        {
            LogChanged(_query.Id, change.StageId, change.Kind, change.TasksBefore, change.TasksAfter, change.Detail);
        }

        foreach (var stage in _query.Steps.Plan.Stages)
        {
            var rows = _query.Steps.RowsOf(stage.Id);
            LogMade(_query.Id, stage.Id, stage.TaskCount, rows);
        }
    }

    /// <summary>Opens the result of an attempt later than one that is known, as often as it has to be made anew.</summary>
    private async Task<Opened> OpenAsync(int after, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (attempt, at, replaced) = await _result.NextAsync(after, cancellationToken);
            after = attempt;
            var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, replaced);
            var key = _query.Plans.KeyOf(new QueryAttempt(_control.ResultStage, 0, attempt));
            var reader = _calls.ReadAsync(at.Location, _query.Token, new OutputRange { Key = key, PartitionCount = 1 }, either.Token);
            try
            {
                var schema = await reader.GetSchemaAsync(either.Token);
                return new Opened(attempt, at, schema.Named(_query.Names), reader, either);
            }
            catch (Exception exception) when (CanGoOn(exception, attempt, at, replaced, cancellationToken))
            {
                await reader.DisposeAsync();
                either.Dispose();
            }
        }
    }

    private async IAsyncEnumerable<RecordBatch> ReadAsync(Opened opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _unread = null;
        var schema = opened.Schema;
        var isDelivering = false;
        while (true)
        {
            await using var ending = opened;
            await using var batches = opened.Reader.GetAsyncEnumerator(opened.Source.Token);
            var isOver = false;
            while (true)
            {
                RecordBatch? batch = null;
                try
                {
                    batch = await batches.MoveNextAsync() ? batches.Current : null;
                    isOver = batch is null;
                }
                catch (Exception exception) when (CanGoOn(exception, opened.Attempt, opened.At, opened.Replaced, cancellationToken))
                {
                    // A later attempt, or the failure of the query, comes in a moment.
                }

                if (batch is null)
                {
                    break;
                }

                // Only now: until a row is handed out, everything may be made anew.
                if (!isDelivering && !await BeginDeliveryAsync(opened.Attempt, batch, cancellationToken))
                {
                    break;
                }

                isDelivering = true;
                yield return batch.Named(schema);
            }

            if (isOver)
            {
                _isComplete = true;
                yield break;
            }

            opened = await OpenAsync(opened.Attempt, cancellationToken);
        }
    }

    private async Task<bool> BeginDeliveryAsync(int attempt, RecordBatch batch, CancellationToken cancellationToken)
    {
        var may = false;
        try
        {
            may = await _query.Grain.BeginDeliveryAsync(attempt, cancellationToken);
        }
        finally
        {
            if (!may)
            {
                batch.Dispose();
            }
        }

        return may;
    }

    /// <summary>Whether a failed reading is a matter of the query's tasks, which are told of it, and not of the caller.</summary>
    private bool CanGoOn(Exception exception, int attempt, QueryPeer at, CancellationToken replaced, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        if (exception is RpcException failure && !replaced.IsCancellationRequested)
        {
            _control.TellResultFailed(attempt, at, QueryFault.Of(failure));
            return true;
        }

        return replaced.IsCancellationRequested && exception is RpcException or OperationCanceledException;
    }

    private async Task CancelAsync(QueryPeer peer, string reason)
    {
        try
        {
            await _calls.CancelAsync(peer.Location, _query.Token, _query.Id, reason, CancelTimeout);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // It is gone, or its tasks end by their time limit.
            LogNotCancelled(exception, _query.Id, peer.Id);
        }
    }

    [LoggerMessage(EventId = 5320, Level = LogLevel.Warning, Message = "Query {QueryId} could not be ended at worker {Worker}")]
    private partial void LogNotCancelled(Exception exception, string queryId, string worker);

    [LoggerMessage(EventId = 5321, Level = LogLevel.Warning, Message = "The grain of query {QueryId} could not be told of its end")]
    private partial void LogGrainNotTold(Exception exception, string queryId);

    [LoggerMessage(EventId = 5324, Level = LogLevel.Debug, Message = "Query {QueryId}: stage {Stage} was changed ({Kind}) from {TasksBefore} to {TasksAfter} tasks: {Reason}")]
    private partial void LogChanged(string queryId, int stage, QueryChangeKind kind, int tasksBefore, int tasksAfter, string reason);

    [LoggerMessage(EventId = 5325, Level = LogLevel.Debug, Message = "Query {QueryId}: stage {Stage} of {TaskCount} tasks is known to have made {Rows} rows")]
    private partial void LogMade(string queryId, int stage, int taskCount, long rows);

    /// <summary>A result that is being read.</summary>
    private sealed record Opened(int Attempt, QueryPeer At, ArrowSchema Schema, IQueryRows Reader, CancellationTokenSource Source) : IAsyncDisposable
    {
        public CancellationToken Replaced => Source.Token;

        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            Source.Dispose();
        }
    }
}
