using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Scenarios;
using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Queries;

/// <summary>
/// Sends one random query through the product's own coordinator, perhaps gives it up, and checks what came: the right rows once, or an error that has a reason; an
/// end in time; and nothing left at any worker.
/// </summary>
internal sealed class QueryCaller
{
    private static readonly TimeSpan TurnWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CleanWithin = TimeSpan.FromSeconds(2);

    // What may come on top of a query's time: calls that nobody answers, and connections whose end is noticed late.
    private static readonly TimeSpan EndSlack = TimeSpan.FromSeconds(20);

    private readonly SimulatedWorld _world;
    private readonly SimulatedQueries _queries;
    private readonly string _id;
    private readonly bool _mustSucceed;
    private readonly RandomQuery _query;
    private readonly QueryMode _mode;
    private readonly QueryEnding _ending;
    private readonly TimeSpan _endingAfter;
    private readonly TimeSpan _timeLimit;
    private readonly List<(QueryRow Row, long Attempt)> _rows = [];
    private IReadOnlyList<QueryChange> _changes = [];
    private TimeSpan? _cancelledAt;
    private TimeSpan _placedAt;

    /// <param name="world">The world.</param>
    /// <param name="queries">Its workers.</param>
    /// <param name="id">Of the query.</param>
    /// <param name="mustSucceed">Whether nothing goes wrong any more when it begins.</param>
    /// <param name="random">Draws it.</param>
    public QueryCaller(SimulatedWorld world, SimulatedQueries queries, string id, bool mustSucceed, SeededRandom random)
    {
        (_world, _queries, _id, _mustSucceed) = (world, queries, id, mustSucceed);
        _query = new RandomQuery(random);
        var adaptive = random.Chance(0.5)
            ? new AdaptiveOptions { TaskCountMax = 4, BytesPerTask = random.Pick<int>([32, 128, 1_024]), BroadcastBytesMax = random.Pick<int>([0, 256]), SkewFactor = random.Pick<int>([1, 4]) }
            : null;
        _mode = new QueryMode(random.Chance(0.4), adaptive, null);
        _ending = random.Pick<QueryEnding>([QueryEnding.Complete, QueryEnding.Complete, QueryEnding.Complete, QueryEnding.Cancel, QueryEnding.Leave, QueryEnding.Limit, QueryEnding.Deadline]);
        _endingAfter = random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3));
        _timeLimit = _ending == QueryEnding.Deadline ? random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)) : TimeSpan.FromSeconds(30);
    }

    /// <summary>Runs it to its end.</summary>
    public async Task RunAsync()
    {
        var grain = _world.Cluster.Client.GetGrain<IQueryGrain>(_id);
        using var leaving = new CancellationTokenSource();
        _world.History.Add($"{_id}: {string.Join("; ", _query.Plan.Stages.Select(stage => $"{stage.Id} {stage.Sql} x{stage.TaskCount} of {string.Join(',', stage.Inputs.Select(input => input.StageId))}"))}; {_mode}; {_ending}");
        var begunAt = _world.Kernel.Now;
        Exception? failure = null;
        try
        {
            await WaitForTurnAsync(grain);
            begunAt = _world.Kernel.Now;
            _ = EndAfterAsync(grain, leaving).ContinueWith(_world.Kernel.Observe, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await ReadAsync(grain, leaving);
        }
        catch (Exception exception) when (exception is FlowException or OperationCanceledException || SimulationScenario.IsPassing(exception))
        {
            failure = exception;
        }

        _world.History.Add($"{_id} ends: {(failure is null ? $"{_rows.Count} rows" : Words(failure))}");
        if (_world.Kernel.Now - begunAt > _timeLimit + EndSlack)
        {
            _world.Watch.Violate($"end: {_id} ran for {_world.Kernel.Now - begunAt}, and its time was {_timeLimit}");
        }

        foreach (var change in _changes)
        {
            _world.History.Add($"{_id}: stage {change.StageId} was changed ({change.Kind}) from {change.TasksBefore} to {change.TasksAfter} tasks: {change.Detail}");
        }

        CheckRows(failure);
        await CheckCleanAsync(failure is FlowException { Code: FlowErrorCode.DeadlineExceeded } && _ending == QueryEnding.Deadline ? _placedAt + _timeLimit : _cancelledAt ?? _world.Kernel.Now);
    }

    private static string Words(Exception failure) => failure is FlowException flow ? $"{flow.Code}: {flow.Message}" : failure.GetType().Name + ": " + failure.Message;

    private static async Task WaitForTurnAsync(IQueryGrain grain)
    {
        while (!(await grain.AdmitAsync(new QueryTurnRequest("tenant", 1), TurnWait, CancellationToken.None)).IsAdmitted)
        {
            // Bounded by the tenant's own limit of waiting.
        }
    }

    private async Task ReadAsync(IQueryGrain grain, CancellationTokenSource leaving)
    {
        var steps = new QuerySteps(_query.Plan, _mode);
        _changes = steps.Changes;
        var peers = await _queries.ListAsync(leaving.Token);
        if (peers.Count == 0)
        {
            await grain.EndAsync(new QueryEnded(FlowErrorCode.WorkerLost, "There are no workers."), CancellationToken.None);
            throw new FlowException(FlowErrorCode.WorkerLost, "There are no workers.");
        }

        var orders = await grain.PlaceAsync(new QueryPlacing(_world.StagesFor(steps.Begin()), [.. peers.Select(peer => new QueryHost(peer.Id, peer.Cores, peer.RunningTasks))], _timeLimit), CancellationToken.None);
        _placedAt = _world.Kernel.Now;
        var run = new QueryRun(
            new QueryContext(_id, "token", grain, new TaskPlans(_id, steps, _query.Scans, new Dictionary<string, string>()), steps, _query.Plan.Names, _timeLimit) { Meter = new QueryMeter() },
            _queries,
            _world.CallsFor(new SimulatedQueryCalls(_queries, _world.Clock)),
            new QueryPatience(_world.Options.Queries.CheckInterval, _world.Options.Queries.WorkerSilenceMax),
            _world.Clock,
            SimulatedWorld.Shared.Loggers.CreateLogger<QueryRun>());
        await using var stream = await run.StartAsync(orders, peers, leaving.Token);
        await foreach (var batch in stream.Batches)
        {
            using var rows = batch.Batch!;
            for (var row = 0; row < rows.RowCount; row++)
            {
                _rows.Add((new QueryRow(Value(rows, 0, row), Value(rows, 1, row)), Value(rows, 2, row)));
            }

            if (_ending == QueryEnding.Limit && _rows.Count > 3)
            {
                _cancelledAt = _world.Kernel.Now;
                _world.History.Add($"{_id}: no more of its rows are wanted");
                return;
            }
        }
    }

    private static long Value(RecordBatch batch, int column, int row) => batch.Column<Int64Array>(column).Values[row];

    private async Task EndAfterAsync(IQueryGrain grain, CancellationTokenSource leaving)
    {
        if (_ending is not (QueryEnding.Cancel or QueryEnding.Leave))
        {
            return;
        }

        await Task.Delay(_endingAfter, _world.Clock);
        try
        {
            if (_ending == QueryEnding.Leave)
            {
                _cancelledAt = _world.Kernel.Now;
                await leaving.CancelOnSchedulerAsync();
            }
            else
            {
                await grain.CancelAsync("Somebody wants it so.", CancellationToken.None);
                var at = _world.Kernel.Now;
                _cancelledAt = at;

                // Not when the caller hears of it: a worker that does not answer may keep that one waiting, and nothing else.
                await CheckLeftAsync(at);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException || SimulationScenario.IsPassing(exception))
        {
            // It has ended already, or the grain cannot be reached: the query goes on.
        }
    }

    private void CheckRows(Exception? failure)
    {
        var wanted = _query.Rows.ToList();
        if (_rows.Select(row => row.Attempt).Distinct().Count() > 1)
        {
            _world.Watch.Violate($"one attempt: {_id} was given rows of several attempts of its last task");
        }

        foreach (var (row, _) in _rows)
        {
            if (!wanted.Remove(row))
            {
                _world.Watch.Violate($"rows: {_id} was given {row} more often than it is there");
            }
        }

        if (_query.IsOrdered && !_rows.Select(row => row.Row).SequenceEqual(_rows.Select(row => row.Row).Order()))
        {
            _world.Watch.Violate($"order: {_id} was given its rows out of order");
        }

        var hasLeft = _ending == QueryEnding.Limit && _rows.Count > 3;
        if (failure is null && !hasLeft && wanted.Count > 0)
        {
            _world.Watch.Violate($"rows: {_id} ended well, and {wanted.Count} of its {_query.Rows.Count} rows are missing");
        }

        if (failure is not null && !MayFail(failure))
        {
            _world.Watch.Violate($"end: {_id} failed without a reason: {Words(failure)}");
        }
    }

    private bool MayFail(Exception failure) => _ending switch
    {
        QueryEnding.Cancel when failure is FlowException { Code: FlowErrorCode.Cancelled } => true,
        QueryEnding.Leave when failure is OperationCanceledException || failure is FlowException { Code: FlowErrorCode.Cancelled } => true,
        QueryEnding.Deadline when failure is FlowException { Code: FlowErrorCode.DeadlineExceeded } => true,
        _ => !_mustSucceed && (failure is not FlowException flow || flow.Code is FlowErrorCode.WorkerLost or FlowErrorCode.QueryLost or FlowErrorCode.DeadlineExceeded or FlowErrorCode.StoreUnavailable or FlowErrorCode.EngineError or FlowErrorCode.LimitExceeded),
    };

    /// <summary>Nothing of the query is left at any worker soon after the moment from which on nobody wants it.</summary>
    private async Task CheckCleanAsync(TimeSpan since)
    {
        await CheckLeftAsync(since);
        await UntilAsync(since + _timeLimit + EndSlack);
        foreach (var worker in _queries.Living.Where(worker => !worker.IsHung && worker.Left(_id).Running > 0))
        {
            _world.Watch.Violate($"clean: tasks of {_id} run at {worker.Name} after their time");
        }
    }

    private async Task CheckLeftAsync(TimeSpan since)
    {
        await UntilAsync(since + CleanWithin);
        foreach (var worker in _queries.Living.ToList())
        {
            // Whoever could not be reached in that time hears of it later, or its tasks' time ends.
            if (worker.Left(_id) is { Kept: > 0 } left && CouldBeReached(worker, since))
            {
                _world.Watch.Violate($"clean: {CleanWithin.TotalSeconds} s after nobody wanted {_id} ({_ending}) {left.Running} tasks of it run at {worker.Name}, and {left.Kept} are kept");
            }
        }
    }

    private bool CouldBeReached(SimulatedQueryWorker worker, TimeSpan since) =>
        !worker.IsHung && worker.LastHang < since && _world.Watch.HealthySince + _world.Network.Faults.DelayMax < since && _world.Silos.All(silo => silo.IsServing);

    private Task UntilAsync(TimeSpan time) => time > _world.Kernel.Now ? Task.Delay(time - _world.Kernel.Now, _world.Clock) : Task.CompletedTask;
}
