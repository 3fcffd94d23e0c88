using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Rows in a PostgreSQL schema that several processes share: one connection writes in groups, a pool reads, one listens.</summary>
internal sealed partial class PostgresRunLog : IRunLog
{
    private const int StatementSeconds = 30;
    private static readonly GroupLimits Limits = new(WritesMax: 1_024, BytesMax: 4 * 1024 * 1024, QueueMax: 65_536);
    private readonly PostgresWorkflowStoreOptions _options;
    private readonly ILogger _logger;
    private readonly string _by = Guid.NewGuid().ToString("n");
    private readonly NpgsqlDataSource _database;
    private readonly CancellationTokenSource _stopping = new();
    private GroupCommitter<PostgresWrite>? _committer;
    private Task _listening = Task.CompletedTask;

    public PostgresRunLog(PostgresWorkflowStoreOptions options, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        var parts = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            SearchPath = options.Schema,
            Enlist = false,
            Pooling = true,
            MaxPoolSize = options.ReadConnectionsMax + 3,
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 2,
            TcpKeepAlive = true,
            PersistSecurityInfo = false,
            CommandTimeout = StatementSeconds,
        };
        parts.ApplicationName ??= "OrleansFlow workflows";
        _database = new NpgsqlDataSourceBuilder(parts.ConnectionString).Build();
    }

    public bool IsExclusive => false;

    private string StoreName => PostgresFailures.Describe(_options.ConnectionString);

    public async ValueTask OpenAsync(Action<RunLine?> changed, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(PostgresSchema.Of(_options.Schema), cancellationToken).ConfigureAwait(false);
            var listener = new PostgresListener(_database, $"{_options.Schema}_runs", _by, changed, _logger);
            var connection = await listener.OpenAsync(cancellationToken).ConfigureAwait(false);
            _listening = listener.RunAsync(connection, _stopping.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw PostgresFailures.Translate(error, StoreName);
        }

        _committer = new GroupCommitter<PostgresWrite>(new PostgresCommitTarget(_database, _options, _stopping.Token), Limits, TimeProvider.System, _logger);
    }

    public async ValueTask DisposeAsync()
    {
        // What is queued is written; only waiting for an absent server ends.
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_committer is not null)
        {
            await _committer.DisposeAsync().ConfigureAwait(false);
            _committer = null;
        }

        await _listening.ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    public async Task<AppendAnswer> AppendAsync(RunAppend append)
    {
        var (line, answer) = (append.Line, AppendAnswer.Appended);
        var notice = PostgresNotice.Of(_by, line);
        if (append.AfterPosition == 0)
        {
            await WriteAsync(
                line.Id.Value,
                append.Events.Length,
                mayWait: false,
                () => Command(
                    "SELECT create_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    Text(line.Id.Value), Text(line.Workflow.Name), Value(line.Workflow.Version), Value((int)line.Status), Value(line.StartedUtc.UtcTicks), Ticks(line.EndedUtc), Text(line.Key), Value(line.Position), Value(line.Tip), Value((int)line.Needs), Ticks(line.WakeUtc), Bytes(append.Events), Text(notice)),
                value => answer = value is string holder ? new(IsAppended: false, new RunId(holder)) : AppendAnswer.Appended).ConfigureAwait(false);
        }
        else
        {
            await WriteAsync(
                line.Id.Value,
                append.Events.Length + (append.Snapshot?.Length ?? 0),
                mayWait: false,
                () => Command(
                    "SELECT append_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    Text(line.Id.Value), Value(append.AfterPosition), Value(append.AfterTip), Value((int)line.Status), Ticks(line.EndedUtc), Value(line.Position), Value(line.Tip), Value((int)line.Needs), Ticks(line.WakeUtc), Bytes(append.Events), Bytes(append.Snapshot), Text(notice), Value(line.Workflow.Version)),
                value => answer = value is true ? AppendAnswer.Appended : AppendAnswer.Conflict).ConfigureAwait(false);
        }

        return answer;
    }

    public Task DeleteAsync(RunId run) => WriteAsync(
        run.Value,
        0,
        mayWait: false,
        () => Command(
            """
            WITH r AS (DELETE FROM workflow_run WHERE run = $1), e AS (DELETE FROM workflow_event WHERE run = $1),
                s AS (DELETE FROM workflow_snapshot WHERE run = $1), l AS (DELETE FROM workflow_lease WHERE run = $1) SELECT true
            """,
            Text(run.Value)),
        static _ => { });

    public async ValueTask SaveDefinitionAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(workflow);
        await WriteAsync(
            workflow.Name,
            json.Length,
            mayWait: false,
            () => Command("INSERT INTO workflow_definition VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true", Text(workflow.Name), Value(workflow.Version), Bytes(json)),
            static _ => { }).WaitAsync(cancellationToken).ConfigureAwait(false);
        var kept = await FindDefinitionAsync(new(workflow.Name, workflow.Version), cancellationToken).ConfigureAwait(false);
        KeptDefinitions.RequireSame(kept!, workflow);
    }

    public async ValueTask RenewAsync(StepToken step, DateTimeOffset untilUtc, CancellationToken cancellationToken) => await WriteAsync(
        step.Run.Value,
        32,
        mayWait: true,
        () => Command(
            "INSERT INTO workflow_lease VALUES ($1, $2, $3, $4) ON CONFLICT (run, item) DO UPDATE SET epoch = excluded.epoch, until = excluded.until RETURNING true",
            Text(step.Run.Value), Value(step.Item), Value(step.Epoch), Value(untilUtc.UtcTicks)),
        static _ => { }).WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask SaveWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(StoredHealth.Of(worker));
        await WriteAsync(
            worker.Id.Value,
            json.Length,
            mayWait: true,
            () => Command(
                "INSERT INTO workflow_worker VALUES ($1, $2) ON CONFLICT (worker) DO UPDATE SET health = excluded.health RETURNING true", Text(worker.Id.Value), Bytes(json)),
            static _ => { }).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps a run of the local mode.</summary>
    public Task SaveCheckpointAsync(string id, byte[] run) => WriteAsync(
        id,
        run.Length,
        mayWait: false,
        () => Command("INSERT INTO workflow_checkpoint VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET run = excluded.run RETURNING true", Text(id), Bytes(run)),
        static _ => { });

    private Task WriteAsync(string row, int bytes, bool mayWait, Func<NpgsqlBatchCommand> command, Action<object?> conclude) =>
        (_committer ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store {StoreName} is not open."))
            .WriteAsync(new PostgresWrite(row, bytes, mayWait, command, conclude));

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
#pragma warning disable CA2100 // Literals of this class only.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(value);
        }

        return command;
    }
}
