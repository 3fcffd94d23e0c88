using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// What a coordinator does for each task of a query over a large cluster: its share of planning, its place, its message and the bytes of that. The
/// messages are made by the gateway's own code; nothing is sent. One line for each part, then the total.
/// </summary>
internal sealed class SqlCoordinator(int workerCount) : Scenario
{
    private const double GoalMicros = 20;
    private const string QueryId = "20261122-084532-233-d347aj7w";
    private const string Sql = "SELECT region, sum(amount) AS total, count(*) AS n FROM sales WHERE amount > 1 GROUP BY region ORDER BY total DESC LIMIT 10";

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Dictionary<string, double> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _goals = new(StringComparer.Ordinal);
    private readonly ImmutableArray<QueryWorker> _workers =
        [.. Enumerable.Range(0, workerCount).Select(number => new QueryWorker(string.Create(CultureInfo.InvariantCulture, $"worker-{number:0000} at grpc+tcp://10.0.0.1:50051"), 1, 0))];
    private readonly Dictionary<string, QueryPeer> _peers = new(StringComparer.Ordinal);
    private DistributedPlanner? _planner;

    public override string Name => string.Create(CultureInfo.InvariantCulture, $"sql-coordinator-{workerCount}");

    public override string Question => $"What does the coordinator do for each task of a query of three stages on {workerCount} workers? Parts in µs a task; source-bytes: bytes a task";

    public override string Unit => "µs";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the goal, µs";

    public override IReadOnlyDictionary<string, double> Parts => _parts;

    public override IReadOnlyDictionary<string, double> BaselineParts => _goals;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        foreach (var worker in _workers)
        {
            _peers.Add(worker.Id, new QueryPeer(worker.Id, "grpc+tcp://10.0." + worker.Id[7..11].Insert(2, ".") + ":50051", 1, 0) { TakesPlaces = true });
        }

        _planner = await DistributedPlanner.OpenAsync(cancellationToken);
        await _planner.AddTableAsync("sales", "SELECT 1 AS id, 'x' AS region, CAST(1.5 AS DECIMAL(9, 2)) AS amount", 6_000_000_000, cancellationToken);
        await WarmUp.UntilSteadyAsync(MeasureAsync, _clock, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var plan = await _planner!.PlanAsync(Sql, new StageOptions { TaskCountMax = workerCount, BytesPerTask = 1 << 20, BroadcastBytesMax = 0 }, cancellationToken);
        var planned = _clock.GetTimestamp();
        var positions = plan.Stages.Select((stage, position) => (stage.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position);
        var shapes = plan.Stages.Select(stage => new StageShape(
            stage.TaskCount,
            [.. stage.Inputs.Select(input => new StageLink(positions[input.StageId], false, false, input.FirstTask, input.TaskCount))],
            [])).ToImmutableArray();
        var decision = QueryDecider.Decide(QueryState.New, new QueryCommand.Place(shapes, _workers, null), new QueryRules(3, TimeSpan.FromSeconds(1)), DateTimeOffset.UnixEpoch);
        var placed = _clock.GetTimestamp();
        var bytes = Encode(plan, decision.ToSet);

        var encoded = _clock.GetTimestamp();
        var count = decision.ToSet.Length;
        _parts["planning"] = _clock.GetElapsedTime(began, planned).TotalMicroseconds / count;
        _parts["placing"] = _clock.GetElapsedTime(planned, placed).TotalMicroseconds / count;
        _parts["encoding"] = _clock.GetElapsedTime(placed, encoded).TotalMicroseconds / count;
        var sum = _parts["planning"] + _parts["placing"] + _parts["encoding"];
        _parts["source-bytes"] = (double)bytes / count;
        foreach (var part in _parts.Keys)
        {
            _goals[part] = GoalMicros;
        }

        return new Sample(sum);
    }

    private long Encode(DistributedPlan plan, ImmutableArray<TaskPlacement> placed)
    {
        var steps = new QuerySteps(plan, new QueryMode(KeepsRows: false, Adaptive: null, FilterRowCountMin: null));
        steps.Begin();
        var plans = new TaskPlans(QueryId, steps, plan.Stages.SelectMany(stage => stage.Scans).ToDictionary(scan => scan, _ => (IQueryScan)new SomeParts()), new Dictionary<string, string>());
        var at = placed.ToDictionary(one => (one.Task.Stage, one.Task.Number), one => (one.Attempt, _peers[one.Worker]));
        var places = new TaskPlaces(QueryId, steps, at);
        return placed.GroupBy(one => one.Worker, StringComparer.Ordinal).Sum(tasks => (long)plans.Request(
            [.. tasks.Select(one => new QueryAssignment(new QueryAttempt(one.Task.Stage, one.Task.Number, one.Attempt), one.Worker))],
            _peers[tasks.Key],
            places,
            TimeSpan.FromMinutes(1)).ToByteArray().Length);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(GoalMicros);

    public override async ValueTask DisposeAsync()
    {
        if (_planner is not null)
        {
            await _planner.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    /// <summary>A table of which every task reads another part.</summary>
    private sealed class SomeParts : IQueryScan
    {
        public TaskScan Of(int part, QueryPeer at) => new()
        {
            Name = "sales",
            Sql = "SELECT * FROM read_parquet('/data/sales/part-0000.parquet') WHERE file_row_number >= 0 AND file_row_number < 1000000",
        };
    }
}
