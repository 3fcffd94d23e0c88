using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Security;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Runs queries on workers where that pays off: over registered tables and files, in more than one task, while there are workers. Everything else runs in this
/// process, as it is written; so does what cannot be planned, and its errors are the local engine's.
/// </summary>
internal sealed partial class DistributedSqlExecutor(
    LocalSqlExecutor local,
    SqlCatalog catalog,
    DatasetStore store,
    IQueryWorkers workers,
    QueryPlanner planner,
    QueryRunner runner,
    SignedText signed,
    IOptions<DistributedQueryOptions> options,
    IOptions<SqlGatewayOptions> sqlOptions,
    ILogger<DistributedSqlExecutor> logger) : ISqlExecutor
{
    private readonly DistributedQueryOptions _options = options.Value;

    // Workers hand over rows as they come, in another order each time.
    public bool IsRepeatable => !_options.Enabled;

    public Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken) => local.DescribeAsync(sql, cancellationToken);

    public Task<long> UpdateAsync(string sql, IReadOnlyList<IReadOnlyList<object?>> rows, CancellationToken cancellationToken) =>
        local.UpdateAsync(sql, rows, cancellationToken);

    public async Task<FlightStream> QueryAsync(
        string sql, IReadOnlyList<object?> parameters, SqlTable? input, IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (_options.Enabled && parameters.Count == 0 && input is null && !SqlChange.IsChange(sql) && await TryPlanAsync(sql, cancellationToken) is { } planned)
        {
            var taskCount = planned.Plan.Stages.Sum(stage => stage.TaskCount);
            LogDistributed(planned.Plan.Stages.Count, taskCount, planned.Peers.Count);

            return await runner.RunAsync(planned.Plan, planned.Tables, planned.Peers, headers, cancellationToken);
        }

        return await local.QueryAsync(sql, parameters, input, headers, cancellationToken);
    }

    private async Task<Planned?> TryPlanAsync(string sql, CancellationToken cancellationToken)
    {
        if (SqlNames.Candidates(sql).Count == 0)
        {
            return null;
        }

        var (resolved, missing) = await catalog.ResolveAsync(sql, cancellationToken);
        if (missing is not null || (resolved.Count == 0 && !planner.ReadsFiles) || resolved.Any(table => table.Manifest is null))
        {
            return null;
        }

        // Small tables are read faster here than a query is planned; how large files are that the text names is seen only by planning.
        var manifests = resolved.Select(table => store.ReadManifest(table.Manifest!)).ToList();
        if (!planner.ReadsFiles && manifests.Sum(files => files.Sum(file => file.Bytes)) < 2 * _options.BytesPerTask)
        {
            return null;
        }

        var peers = await workers.ListAsync(cancellationToken);
        if (peers.Count == 0)
        {
            return null;
        }

        // Before anything else sees the text: the engine that binds it here is locked up, those of the planner and of the workers can open files.
        if ((await local.DescribeAsync(sql, cancellationToken)).Kind != StatementKind.Select)
        {
            return null;
        }

        var tables = await TryDescribeAsync(resolved, manifests, cancellationToken);
        var stages = new StageOptions
        {
            TaskCountMax = peers.Count * _options.TasksPerWorker,
            BytesPerTask = _options.BytesPerTask,
            BroadcastBytesMax = _options.BroadcastBytesMax,
        };
        if (tables is null || await planner.PlanAsync(sql, tables, stages, cancellationToken) is not { IsLocal: false } plan)
        {
            return null;
        }

        var byName = tables.ToDictionary(table => table.Name, IQueryTable (table) => table, StringComparer.OrdinalIgnoreCase);
        foreach (var files in plan.Files)
        {
            byName.Add(files.Table, planner.Open(files));
        }

        return plan.Stages.Any(stage => stage.TaskCount > 1) && plan.Stages.All(stage => stage.Scans.All(scan => byName.ContainsKey(scan.Table)))
            ? new Planned(plan, byName, peers)
            : null;
    }

    private async Task<IReadOnlyList<DatasetTable>?> TryDescribeAsync(
        IReadOnlyList<SqlTable> resolved, IReadOnlyList<IReadOnlyList<DatasetFile>> manifests, CancellationToken cancellationToken)
    {
        var tables = new List<DatasetTable>(resolved.Count);
        foreach (var (table, files) in resolved.Zip(manifests))
        {
            try
            {
                tables.Add(new DatasetTable(
                    table.Name.Table,
                    table.Schema,
                    await planner.EmptyQueryAsync(table.Schema, cancellationToken),
                    files,
                    signed,
                    sqlOptions.Value.TimeLimit));
            }
            catch (EngineException)
            {
                // The local engine says which column it is, if the query reads it.
                return null;
            }
        }

        return tables;
    }

    [LoggerMessage(EventId = 5323, Level = LogLevel.Debug, Message = "A query runs on workers: {StageCount} stages, {TaskCount} tasks, {WorkerCount} workers")]
    private partial void LogDistributed(int stageCount, int taskCount, int workerCount);

    private sealed record Planned(DistributedPlan Plan, IReadOnlyDictionary<string, IQueryTable> Tables, IReadOnlyList<QueryPeer> Peers);
}
