using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>Rows in a SQLite database: one writer that groups, and a few readers beside it (WAL). Acknowledged after the flush (<c>synchronous=FULL</c>).</summary>
internal sealed partial class SqliteRunLog(string path, ILogger logger) : IRunLog
{
    private const string Schema =
        """
        CREATE TABLE workflow_run (
            run TEXT PRIMARY KEY, workflow TEXT NOT NULL, version INTEGER NOT NULL, status INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER,
            idempotency_key TEXT UNIQUE, position INTEGER NOT NULL, tip INTEGER NOT NULL, needs INTEGER NOT NULL, wake INTEGER) WITHOUT ROWID;
        CREATE INDEX workflow_run_needs ON workflow_run (run) WHERE needs <> 0;
        CREATE INDEX workflow_run_wake ON workflow_run (wake) WHERE wake IS NOT NULL;
        CREATE INDEX workflow_run_status ON workflow_run (status, run);
        CREATE TABLE workflow_event (run TEXT NOT NULL, position INTEGER NOT NULL, before INTEGER NOT NULL, events BLOB NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
        CREATE TABLE workflow_snapshot (run TEXT PRIMARY KEY, position INTEGER NOT NULL, state BLOB NOT NULL);
        CREATE TABLE workflow_definition (name TEXT NOT NULL, version INTEGER NOT NULL, definition BLOB NOT NULL, PRIMARY KEY (name, version)) WITHOUT ROWID;
        CREATE TABLE workflow_worker (worker TEXT PRIMARY KEY, health BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE workflow_checkpoint (id TEXT PRIMARY KEY, run BLOB NOT NULL)
        """;

    private static readonly GroupLimits Limits = new(WritesMax: 2_048, BytesMax: 8 * 1024 * 1024, QueueMax: 65_536);
    private SqliteFile? _file;
    private GroupCommitter<SqliteWrite>? _committer;

    public bool IsExclusive => true;

    private SqliteFile Rows => _file ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{path}' is not open.");

    public ValueTask OpenAsync(Action<RunLine?> changed, CancellationToken cancellationToken)
    {
        _file = SqliteFile.Open(path, Schema);
        _committer = new GroupCommitter<SqliteWrite>(new SqliteCommitTarget(_file, path), Limits, TimeProvider.System, logger);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        if (_committer is not null)
        {
            await _committer.DisposeAsync().ConfigureAwait(false);
        }

        _file?.Dispose();
        (_committer, _file) = (null, null);
    }

    public async Task<AppendAnswer> AppendAsync(RunAppend append)
    {
        var answer = AppendAnswer.Appended;
        await WriteAsync(append.Events.Length + (append.Snapshot?.Length ?? 0), mayWait: false, statements =>
        {
            answer = Append(statements, append);
            return null;
        }).ConfigureAwait(false);
        return answer;
    }

    public Task DeleteAsync(RunId run) => WriteAsync(0, mayWait: false, statements =>
    {
        foreach (var table in (ReadOnlySpan<string>)["workflow_run", "workflow_event", "workflow_snapshot"])
        {
            statements.Run($"DELETE FROM {table} WHERE run = $1", run.Value);
        }

        return null;
    });

    public async ValueTask SaveDefinitionAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(workflow);
        await WriteAsync(json.Length, mayWait: false, statements =>
        {
            if (statements.Run("INSERT INTO workflow_definition VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", workflow.Name, workflow.Version, json) == 0)
            {
                var kept = (byte[])statements.Find("SELECT definition FROM workflow_definition WHERE name = $1 AND version = $2", workflow.Name, workflow.Version)!;
                return KeptDefinitions.Difference(JsonSerializer.Deserialize<CompiledWorkflow>(kept)!, workflow);
            }

            return null;
        }).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask RenewAsync(StepToken step, DateTimeOffset untilUtc, CancellationToken cancellationToken) => default;

    public ValueTask<IReadOnlyList<RenewedLease>> ListRenewedAsync(RunId run, CancellationToken cancellationToken) => new([]);

    public async ValueTask SaveWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(StoredHealth.Of(worker));
        await WriteAsync(json.Length, mayWait: true, statements =>
        {
            statements.Run("INSERT INTO workflow_worker VALUES ($1, $2) ON CONFLICT (worker) DO UPDATE SET health = excluded.health", worker.Id.Value, json);
            return null;
        }).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps a run of the local mode.</summary>
    public Task SaveCheckpointAsync(string id, byte[] run) => WriteAsync(run.Length, mayWait: false, statements =>
    {
        statements.Run("INSERT INTO workflow_checkpoint VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET run = excluded.run", id, run);
        return null;
    });

    private static AppendAnswer Append(SqliteStatements statements, RunAppend append)
    {
        var line = append.Line;
        if (append.AfterPosition == 0)
        {
            if (statements.Run(
                "INSERT INTO workflow_run VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
                line.Id.Value, line.Workflow.Name, line.Workflow.Version, (int)line.Status, line.StartedUtc.UtcTicks, line.EndedUtc?.UtcTicks, line.Key, line.Position, line.Tip, (int)line.Needs, line.WakeUtc?.UtcTicks) == 0)
            {
                return new(IsAppended: false, statements.Find("SELECT run FROM workflow_run WHERE idempotency_key = $1", line.Key) is string holder ? new RunId(holder) : line.Id);
            }
        }
        else if (statements.Run(
            "UPDATE workflow_run SET status = $4, ended = $5, position = $6, tip = $7, needs = $8, wake = $9, version = $10 WHERE run = $1 AND position = $2 AND tip = $3",
            line.Id.Value, append.AfterPosition, append.AfterTip, (int)line.Status, line.EndedUtc?.UtcTicks, line.Position, line.Tip, (int)line.Needs, line.WakeUtc?.UtcTicks, line.Workflow.Version) == 0)
        {
            return AppendAnswer.Conflict;
        }

        statements.Run("INSERT INTO workflow_event VALUES ($1, $2, $3, $4)", line.Id.Value, line.Position, append.AfterPosition, append.Events);
        if (append.Snapshot is { } snapshot)
        {
            statements.Run(
                "INSERT INTO workflow_snapshot VALUES ($1, $2, $3) ON CONFLICT (run) DO UPDATE SET position = excluded.position, state = excluded.state",
                line.Id.Value, line.Position, snapshot);
        }

        return AppendAnswer.Appended;
    }

    private Task WriteAsync(int bytes, bool mayWait, Func<SqliteStatements, Exception?> apply) =>
        (_committer ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{path}' is not open.")).WriteAsync(new SqliteWrite(bytes, mayWait, apply));
}
