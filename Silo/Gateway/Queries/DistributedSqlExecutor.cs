using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Explain;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Gateway.SystemTables;
using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Runs queries on workers where that pays off: over registered tables and files, in more than one task, while there are workers. Everything else runs in this
/// process, as it is written; so does what cannot be planned, and its errors are the local engine's.
/// </summary>
internal sealed partial class DistributedSqlExecutor(
    LocalSqlExecutor local,
    SqlCatalog catalog,
    QueryTables queryTables,
    IQueryWorkers workers,
    QueryPlanner planner,
    GatewayExtensions extensions,
    QueryRunner runner,
    DistributedWrites writes,
    IOptions<DistributedQueryOptions> options,
    ILogger<DistributedSqlExecutor> logger) : ISqlExecutor
{
    /// <summary>A header of a query that is for this class: true or false.</summary>
    internal const string AdaptiveHeader = "orleansflow-adaptive";

    private readonly DistributedQueryOptions _options = options.Value;
    private readonly KnownSelects _selects = new();

    // Workers hand over rows as they come, in another order each time.
    public bool IsRepeatable => !_options.Enabled;

    public async Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken)
    {
        var shape = await local.DescribeAsync(sql, cancellationToken);
        if (shape.Kind == StatementKind.Select)
        {
            _selects.Add(sql);
        }

        return shape;
    }

    public async Task<long> UpdateAsync(string sql, IReadOnlyList<IReadOnlyList<object?>> rows, CancellationToken cancellationToken)
    {
        long? written = null;
        if (_options.Enabled && rows is [{ Count: 0 }])
        {
            written = SqlCopy.IsCopy(sql)
                ? await writes.TryCopyAsync(sql, SqlCopy.Parse(sql), TryPlanAsync, cancellationToken)
                : await writes.TryChangeAsync(sql, SqlChange.Parse(sql), TryPlanAsync, cancellationToken);
        }

        return written ?? await local.UpdateAsync(sql, rows, cancellationToken);
    }

    public async Task<FlightStream> QueryAsync(
        string sql, IReadOnlyList<object?> parameters, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken)
    {
        QueryHeaders.ThrowIfUndeclared(caller.Headers, extensions.ConfigOptions);
        var explain = ExplainStatement.TryParse(sql);
        var outcome = await PlanAsync(explain?.Body ?? sql, parameters, input, caller, cancellationToken);
        if (outcome.Planned is not { } planned)
        {
            var rows = await local.QueryAsync(sql, parameters, input, caller, cancellationToken);
            return explain is null ? rows : rows.With(ExplainRows.NotDistributed, outcome.WhyNot!);
        }

        if (explain is { IsAnalyze: false })
        {
            return ExplainRows.Of(ExplainRows.DistributedPlan, planned.Plan.Explain(explain.Format));
        }

        var taskCount = planned.Plan.Stages.Sum(stage => stage.TaskCount);
        LogDistributed(planned.Plan.Stages.Count, taskCount, planned.Peers.Count);
        var meter = new QueryMeter(isProfile: explain is not null);
        var result = await runner.RunAsync(planned.Plan, planned.Tables, planned.Peers, sql, caller, planned.Mode, meter, cancellationToken);
        if (explain is null)
        {
            return result;
        }

        await result.DrainAsync(cancellationToken);
        return ExplainRows.Of(ExplainRows.AnalyzedDistributedPlan, planned.Plan.Explain(explain.Format, meter.Read()));
    }

    private async Task<Outcome> PlanAsync(string sql, IReadOnlyList<object?> parameters, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken) =>
        !_options.Enabled ? Outcome.Here($"{DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.Enabled)} is false")
        : parameters.Count > 0 ? Outcome.Here("it has parameters")
        : input is not null ? Outcome.Here("it reads batches that its caller sent")
        : SqlChange.IsChange(sql) ? Outcome.Here("it changes a table")
        : await PlanAsync(sql, IsAdaptive(caller.Headers), wantsColumns: false, cancellationToken);

    /// <summary>A query whose rows are written. Its stages run as they were planned: what they hand on is not what they make.</summary>
    private async Task<DistributedQuery?> TryPlanAsync(string sql, CancellationToken cancellationToken)
    {
        if ((await PlanAsync(sql, isAdaptive: false, wantsColumns: true, cancellationToken)).Planned is not { Plan.Calls.Count: 0 } planned)
        {
            return null;
        }

        var taskCount = planned.Plan.Stages.Sum(stage => stage.TaskCount);
        LogDistributed(planned.Plan.Stages.Count, taskCount, planned.Peers.Count);
        return planned with { Mode = new QueryMode(_options.KeepsRows, null, null) };
    }

    private async Task<Outcome> PlanAsync(string sql, bool isAdaptive, bool wantsColumns, CancellationToken cancellationToken)
    {
        if (SystemNames.Find(SystemNames.ToEngine(sql)) is [var system, ..])
        {
            return Outcome.Here($"'{SystemNames.Schema}.{system.Name}' is known to gateways only");
        }

        var callsNodes = extensions.MayCallNodes(sql);
        if (catalog.Candidates(sql).Count == 0 && !callsNodes)
        {
            return Outcome.Here("it reads no table");
        }

        var (resolved, missing) = await catalog.ResolveAsync(sql, null, cancellationToken);
        if (missing is not null || (resolved.Count == 0 && !planner.ReadsFiles && !callsNodes))
        {
            return Outcome.Here("it reads no registered table");
        }

        // Small tables are read faster here than a query is planned; how large files are that the text names is seen only by planning.
        var (described, whyNot) = await queryTables.TryDescribeAsync(resolved, planner.ReadsFiles || callsNodes ? 0 : 2 * _options.BytesPerTask, cancellationToken);
        if (described is null)
        {
            return Outcome.Here(whyNot!);
        }

        var peers = await workers.ListAsync(cancellationToken);
        if (peers.Count == 0)
        {
            return Outcome.Here("there is no worker that runs queries");
        }

        // Before anything else sees the text: the engine that binds it here is locked up, those of the planner and of the workers can open files.
        ArrowSchema? columns = null;
        if (wantsColumns || described.ChangesText || !_selects.Contains(sql))
        {
            var shape = await DescribeAsync(sql, cancellationToken);
            if (shape.Kind != StatementKind.Select)
            {
                return Outcome.Here("it is no SELECT");
            }

            columns = shape.Result;
        }

        var stages = new StageOptions
        {
            TaskCountMax = peers.Count * _options.TasksPerWorker,
            PartitionsPerTask = isAdaptive ? _options.AdaptivePartitionsPerTask : _options.PartitionsPerTask,
            BytesPerTask = _options.BytesPerTask,
            BroadcastBytesMax = _options.BroadcastBytesMax,
        };
        var (plan, fault) = await planner.PlanAsync(sql, described, stages, cancellationToken);
        if (plan is not { IsLocal: false })
        {
            return Outcome.Here(plan is null ? $"it cannot be planned: {fault}" : string.Join("; ", plan.Reasons.DefaultIfEmpty("one task is enough for it")));
        }

        if (described.ChangesText && columns?.Fields.Count == plan.Names.Count)
        {
            // A column without a name of its own is called as its text is written, and the text is another one now.
            plan = plan with { Names = [.. columns.Fields.Select(field => field.Name)] };
        }

        var byName = described.Tables.ToDictionary(table => table.Name, IQueryTable (table) => table, StringComparer.OrdinalIgnoreCase);
        foreach (var files in plan.Files)
        {
            byName.Add(files.Table, planner.Open(files));
        }

        foreach (var call in plan.Calls)
        {
            byName.Add(call.Table, await planner.OpenAsync(call, cancellationToken));
        }

        return !plan.Stages.All(stage => stage.Scans.All(scan => byName.ContainsKey(scan.Table))) ? Outcome.Here("it reads something else than registered tables and files")
            : plan.Calls.Count > 0 || plan.Stages.Any(stage => stage.TaskCount > 1) ? new Outcome(new DistributedQuery(plan, byName, peers, columns, ModeOf(isAdaptive, stages)), null)
            : Outcome.Here(string.Join("; ", plan.Reasons.DefaultIfEmpty("one task is enough for what it reads")));
    }

    /// <summary>What the query says itself, else the option.</summary>
    private bool IsAdaptive(IReadOnlyDictionary<string, string> headers) => headers.TryGetValue(AdaptiveHeader, out var said)
        ? bool.TryParse(said, out var wanted) ? wanted : throw new FlowException(FlowErrorCode.BadInput, $"The query's header '{AdaptiveHeader}' is '{said}'; write true or false.")
        : _options.Adaptive;

    private QueryMode ModeOf(bool isAdaptive, StageOptions stages) => new(
        _options.KeepsRows,
        isAdaptive ? new AdaptiveOptions { TaskCountMax = stages.TaskCountMax, BytesPerTask = _options.BytesPerTask, BroadcastBytesMax = _options.BroadcastBytesMax } : null,
        _options.DynamicFilters ? _options.DynamicFilterRowsMin : null);

    [LoggerMessage(EventId = 5323, Level = LogLevel.Debug, Message = "A query runs on workers: {StageCount} stages, {TaskCount} tasks, {WorkerCount} workers")]
    private partial void LogDistributed(int stageCount, int taskCount, int workerCount);

    /// <summary>How a statement runs: on workers, or here for a reason.</summary>
    private readonly record struct Outcome(DistributedQuery? Planned, string? WhyNot)
    {
        public static Outcome Here(string reason) => new(null, $"It runs in the gateway's process: {reason}.");
    }
}
