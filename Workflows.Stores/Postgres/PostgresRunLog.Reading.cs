using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <content>Reads.</content>
internal sealed partial class PostgresRunLog
{
    private const string LineColumns = "run, workflow, version, status, started, ended, idempotency_key, position, tip, needs, wake";

    public async ValueTask<RunLine?> FindAsync(RunId run, CancellationToken cancellationToken) =>
        (await QueryAsync($"SELECT {LineColumns} FROM workflow_run WHERE run = $1", Line, cancellationToken, Text(run.Value)).ConfigureAwait(false)).FirstOrDefault();

    public async ValueTask<StoredRun?> LoadAsync(RunId run, CancellationToken cancellationToken)
    {
        // One statement sees one moment: the line, the snapshot and the commits belong together.
        var rows = await QueryAsync(
            $"""
            SELECT {string.Join(", ", LineColumns.Split(", ").Select(column => "r." + column))}, s.state,
                ARRAY(SELECT e.events FROM workflow_event e WHERE e.run = r.run AND e.position > coalesce(s.position, 0) ORDER BY e.position)
            FROM workflow_run r LEFT JOIN workflow_snapshot s ON s.run = r.run WHERE r.run = $1
            """,
            reader => new StoredRun(Line(reader), reader.IsDBNull(11) ? null : reader.GetFieldValue<byte[]>(11), reader.GetFieldValue<byte[][]>(12)),
            cancellationToken,
            Text(run.Value)).ConfigureAwait(false);
        return rows.FirstOrDefault();
    }

    public async ValueTask<IReadOnlyList<byte[]>> ReadAsync(RunId run, long after, int limit, CancellationToken cancellationToken) => await QueryAsync(
        "SELECT events FROM workflow_event WHERE run = $1 AND position > $2 AND before < $3 ORDER BY position",
        reader => reader.GetFieldValue<byte[]>(0),
        cancellationToken,
        Text(run.Value),
        Value(after),
        Value(after + limit)).ConfigureAwait(false);

    public async ValueTask<RunPage> ListAsync(RunListFilter filter, CancellationToken cancellationToken)
    {
        var lines = await QueryAsync(
            $"""
            SELECT {LineColumns} FROM workflow_run
            WHERE run > $1 AND run >= $2 AND left(run, length($2)) = $2 AND ($3 IS NULL OR workflow = $3) AND ($4 IS NULL OR status = $4)
              AND ($5 IS NULL OR started >= $5) AND ($6 IS NULL OR started < $6)
            ORDER BY run LIMIT $7
            """,
            reader => Line(reader) is var line ? new WorkflowRunLine(line.Id, line.Workflow, line.Status, line.StartedUtc, line.EndedUtc) : null!,
            cancellationToken,
            Text(filter.After ?? ""),
            Text(filter.IdPrefix),
            Text(filter.Workflow),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Integer, Value = filter.Status is { } status ? (int)status : DBNull.Value },
            Ticks(filter.StartedFromUtc),
            Ticks(filter.StartedBeforeUtc),
            Value(filter.Limit + 1)).ConfigureAwait(false);
        return RunPages.Of(lines, filter.Limit);
    }

    public async ValueTask<IReadOnlyList<RunLine>> ListCaresAsync(DateTimeOffset wakeBeforeUtc, RunId after, int limit, CancellationToken cancellationToken) => await QueryAsync(
        $"SELECT {LineColumns} FROM workflow_run WHERE run > $1 AND (needs <> 0 OR wake < $2) ORDER BY run LIMIT $3",
        Line,
        cancellationToken,
        Text(after.Value),
        Value(wakeBeforeUtc.UtcTicks),
        Value(limit)).ConfigureAwait(false);

    public async ValueTask<CompiledWorkflow?> FindDefinitionAsync(WorkflowVersion workflow, CancellationToken cancellationToken) => (await QueryAsync(
        "SELECT definition FROM workflow_definition WHERE name = $1 AND ($2 = 0 OR version = $2) ORDER BY version DESC LIMIT 1",
        reader => JsonSerializer.Deserialize<CompiledWorkflow>(reader.GetFieldValue<byte[]>(0)),
        cancellationToken,
        Text(workflow.Name),
        Value(workflow.Version)).ConfigureAwait(false)).FirstOrDefault();

    public async ValueTask<IReadOnlyList<RenewedLease>> ListRenewedAsync(RunId run, CancellationToken cancellationToken) => await QueryAsync(
        "SELECT item, epoch, until FROM workflow_lease WHERE run = $1",
        reader => new RenewedLease(reader.GetInt64(0), reader.GetInt64(1), At(reader.GetInt64(2))),
        cancellationToken,
        Text(run.Value)).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken) => await QueryAsync(
        "SELECT health FROM workflow_worker ORDER BY worker", reader => StoredHealth.Read(reader.GetFieldValue<byte[]>(0)), cancellationToken).ConfigureAwait(false);

    /// <summary>Reads a run of the local mode; null when none is kept under the id.</summary>
    public async ValueTask<byte[]?> LoadCheckpointAsync(string id, CancellationToken cancellationToken) => (await QueryAsync(
        "SELECT run FROM workflow_checkpoint WHERE id = $1", reader => reader.GetFieldValue<byte[]>(0), cancellationToken, Text(id)).ConfigureAwait(false)).FirstOrDefault();

    private static RunLine Line(NpgsqlDataReader reader) => new(
        new RunId(reader.GetString(0)),
        new(reader.GetString(1), reader.GetInt32(2)),
        (WorkflowRunStatus)reader.GetInt32(3),
        At(reader.GetInt64(4)),
        reader.IsDBNull(5) ? null : At(reader.GetInt64(5)),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.GetInt64(7),
        reader.GetInt64(8),
        (RunNeeds)reader.GetInt32(9),
        reader.IsDBNull(10) ? null : At(reader.GetInt64(10)));

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Bytes(byte[]? value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Ticks(DateTimeOffset? value) => new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value is { } at ? at.UtcTicks : DBNull.Value };

    private async ValueTask ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // All statements of one text are one transaction on the server.
        var command = _database.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] values)
    {
        try
        {
            var command = _database.CreateCommand(sql);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.AddRange(values);
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    var rows = new List<T>();
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        rows.Add(read(reader));
                    }

                    return rows;
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw PostgresFailures.Translate(error, StoreName);
        }
    }
}
