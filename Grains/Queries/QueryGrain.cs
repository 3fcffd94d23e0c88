using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Queries;

namespace OrleansFlow.Grains.Queries;

/// <summary>One query: a thin shell around <see cref="QueryDecider"/>, in memory only.</summary>
/// <remarks>Re-entrant: it is cancelled while it waits for its turn. Decisions are made within one turn.</remarks>
[Reentrant]
internal sealed partial class QueryGrain(IOptions<DistributedQueryOptions> options, LeaseClock clock, ILogger<QueryGrain> logger) : Grain, IQueryGrain
{
    // Of the time after which a gateway is given up; a look is due after a third of it.
    private const double StillShare = 0.75;

    private readonly QueryRules _rules = options.Value.ToRules();
    private readonly TimeSpan _forgetAfter = options.Value.ForgetAfter;

    private QueryState _state = QueryState.New;
    private QueryTurnRequest? _request;
    private QueryTurn _turn;
    private DateTimeOffset _heardUtc;
    private DateTimeOffset _lookedUtc;
    private DateTimeOffset _submittedUtc;
    private IReadOnlyList<QueryStageProgress> _progress = [];
    private IGrainTimer? _timer;

    private string Id => this.GetPrimaryKeyString();

    public async Task<QueryTurn> AdmitAsync(QueryTurnRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_request is null)
        {
            _submittedUtc = clock.GetUtcNow();
        }

        _request = request;
        Heard();
        _turn = await Tenant(request).AskAsync(Id, request.MemoryBytes, wait, cancellationToken);
        if (_state.End is not null)
        {
            // It was cancelled while it waited, so the place that it got meanwhile is given back.
            await Tenant(request).LeaveAsync(Id, CancellationToken.None);
            throw Ended();
        }

        return _turn;
    }

    public Task<QueryOrders> PlaceAsync(QueryPlacing placing, CancellationToken cancellationToken)
    {
        if (!_turn.IsAdmitted)
        {
            throw Lost();
        }

        Heard();
        var nowUtc = clock.GetUtcNow();
        var decision = Decide(
            new QueryCommand.Place(
                [.. placing.Stages.Select(QueryMapping.ToShape)],
                [.. placing.Workers.Select(QueryMapping.ToWorker)],
                placing.TimeLimit is { } limit ? nowUtc + limit : null));
        return decision.Refused is { } refused && _state.End is null
            ? throw new FlowException(FlowErrorCode.BadInput, $"Query '{Id}': {refused}")
            : Task.FromResult(Orders(decision.ToSet.Select(QueryMapping.ToAssignment), []));
    }

    public Task<QueryOrders> ReleaseAsync(IReadOnlyList<QueryStageRelease> releases, CancellationToken cancellationToken)
    {
        RequirePlaced();
        Heard();
        var decision = Decide(new QueryCommand.Release([.. releases.Select(one => new StageRelease(one.Stage, one.Plan.ToShape()))]));
        return decision.Refused is { } refused && _state.End is null
            ? throw new FlowException(FlowErrorCode.BadInput, $"Query '{Id}': {refused}")
            : Task.FromResult(Orders(decision.ToSet.Select(QueryMapping.ToAssignment), []));
    }

    public Task<QueryOrders> ReportAsync(QueryReport report, CancellationToken cancellationToken)
    {
        RequirePlaced();
        Heard();
        _progress = report.Stages.Count > 0 ? report.Stages : _progress;
        var lostBefore = LostWorkers().ToList();
        var (toSet, moved, toStop) = (new List<QueryAssignment>(), new List<QueryAssignment>(), new List<QueryAssignment>());
        if (report.Workers.Count > 0)
        {
            Take(new QueryCommand.SeeWorkers([.. report.Workers.Select(QueryMapping.ToWorker)]));
        }

        foreach (var finished in report.Finished)
        {
            Take(new QueryCommand.Finish(finished.ToTask(), finished.Attempt));
        }

        // Losses first: a worker that is gone explains what its readers say.
        foreach (var lost in report.Lost)
        {
            Take(new QueryCommand.LoseWorker(lost.Worker, lost.Reason));
        }

        foreach (var failed in report.Failed)
        {
            Take(new QueryCommand.Fail(failed.Attempt.ToTask(), failed.Attempt.Attempt, failed.Code, failed.Message)
            {
                Lost = failed.Lost is { } lost ? (lost.ToTask(), lost.Attempt) : null,
            });
        }

        Take(new QueryCommand.Tick());
        var orders = Orders(NewestOf(toSet), LostWorkers().Except(lostBefore, StringComparer.Ordinal));
        return Task.FromResult(orders.End is null ? orders with { Moved = moved, ToStop = toStop } : orders);

        void Take(QueryCommand command)
        {
            var decision = Decide(command);
            toSet.AddRange(decision.ToSet.Select(QueryMapping.ToAssignment));
            moved.AddRange(decision.Moved.Select(QueryMapping.ToAssignment));
            toStop.AddRange(decision.ToStop.Select(QueryMapping.ToAssignment));
        }
    }

    public Task<bool> BeginDeliveryAsync(int attempt, CancellationToken cancellationToken)
    {
        RequirePlaced();
        Heard();
        return Task.FromResult(Decide(new QueryCommand.BeginDelivery(attempt)).IsAccepted);
    }

    public async Task EndAsync(QueryEnded ended, CancellationToken cancellationToken)
    {
        if (_request is not null)
        {
            Decide(ended.Code is { } code ? new QueryCommand.Abort(code, ended.Message) : new QueryCommand.Complete());
            await LeaveAsync();
        }
    }

    public async Task CancelAsync(string reason, CancellationToken cancellationToken)
    {
        if (_request is { } request)
        {
            Decide(new QueryCommand.Abort(FlowErrorCode.Cancelled, reason));
            if (!_turn.IsAdmitted)
            {
                // Wakes the one that waits for its turn, so that it hears of the end at once.
                await Tenant(request).LeaveAsync(Id, cancellationToken);
            }
        }
    }

    public Task<QueryView?> GetAsync(CancellationToken cancellationToken) => Task.FromResult(
        _request is null ? null : new QueryView(_turn, _state.StageViews(_progress), _state.RetryCount, _state.End.ToEnded()) { Request = _request, SubmittedUtc = _submittedUtc });

    /// <summary>Of attempts that were decided on one after the other within a report only the last of each task is wanted.</summary>
    private static IEnumerable<QueryAssignment> NewestOf(List<QueryAssignment> toSet) => toSet
        .GroupBy(one => (one.Attempt.Stage, one.Attempt.Task))
        .Select(attempts => attempts.MaxBy(one => one.Attempt.Attempt))
        .OrderBy(one => one.Attempt.Stage).ThenBy(one => one.Attempt.Task);

    private IQueryTenantGrain Tenant(QueryTurnRequest request) => GrainFactory.GetGrain<IQueryTenantGrain>(request.Tenant);

    private QueryDecision Decide(QueryCommand command)
    {
        var (before, hadEnd) = (_state.RetryCount, _state.End is not null);
        var decision = QueryDecider.Decide(_state, command, _rules, clock.GetUtcNow());
        _state = decision.State;
        if (_state.RetryCount > before)
        {
            LogRunAgain(Id, _state.RetryCount - before);
        }

        if (!hadEnd && _state.End is { Code: { } code } end)
        {
            LogFailed(Id, code, end.Message);
        }

        return decision;
    }

    private QueryOrders Orders(IEnumerable<QueryAssignment> toSet, IEnumerable<string> lost) =>
        _state.End is { } end ? new QueryOrders([], [], end.ToEnded()) : new QueryOrders([.. toSet], [.. lost], null);

    private IEnumerable<string> LostWorkers() => _state.Workers.Where(worker => worker.IsLost).Select(worker => worker.Id);

    private void RequirePlaced()
    {
        if (!_state.IsPlaced && _state.End is null)
        {
            throw Lost();
        }
    }

    private FlowException Lost() => new(FlowErrorCode.QueryLost, $"Query '{Id}' is not known here: the silo that kept track of it has ended. Run it again.");

    private FlowException Ended() => new(_state.End!.Code ?? FlowErrorCode.AlreadyEnded, _state.End.Message);

    private void Heard()
    {
        _heardUtc = clock.GetUtcNow();
        _lookedUtc = _timer is null ? _heardUtc : _lookedUtc;
        _timer ??= this.RegisterGrainTimer(
            LookAfterAsync, new GrainTimerCreationOptions(_forgetAfter / 3, _forgetAfter / 3) { Interleave = true, KeepAlive = true });
    }

    /// <summary>Keeps the query's turn while its gateway is there, and gives it up when it is not.</summary>
    private async Task LookAfterAsync(CancellationToken cancellationToken)
    {
        if (_request is not { } request)
        {
            return;
        }

        // Whoever stood still for so long that this look is late (a process that was stopped, a machine that was put to sleep) heard nobody, and looks again first.
        var nowUtc = clock.GetUtcNow();
        var stoodStill = nowUtc - _lookedUtc >= _forgetAfter * StillShare;
        _lookedUtc = nowUtc;
        if (_state.End is null && !stoodStill && nowUtc - _heardUtc >= _forgetAfter)
        {
            Decide(new QueryCommand.Abort(FlowErrorCode.QueryLost, $"Nothing was heard of the gateway of query '{Id}' for {_forgetAfter}."));
        }

        try
        {
            if (_state.End is not null)
            {
                await LeaveAsync();
            }
            else if (_turn.IsAdmitted)
            {
                await Tenant(request).AskAsync(Id, request.MemoryBytes, TimeSpan.Zero, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // The next look tells it again; a turn is forgotten only after several that failed.
            LogTenantNotTold(exception, Id, request.Tenant);
        }
    }

    private async Task LeaveAsync()
    {
        await Tenant(_request!).LeaveAsync(Id, CancellationToken.None);
        _timer?.Dispose();
        _timer = null;
    }

    [LoggerMessage(EventId = 2270, Level = LogLevel.Warning, Message = "Query {QueryId}: {TaskCount} tasks run again, because they or rows that they read were lost")]
    private partial void LogRunAgain(string queryId, int taskCount);

    [LoggerMessage(EventId = 2271, Level = LogLevel.Information, Message = "Query {QueryId} ended with {Code}: {Reason}")]
    private partial void LogFailed(string queryId, FlowErrorCode code, string reason);

    [LoggerMessage(EventId = 2272, Level = LogLevel.Warning, Message = "Query {QueryId}: tenant {Tenant} could not be told that it is still there")]
    private partial void LogTenantNotTold(Exception exception, string queryId, string tenant);
}
