using System.Text.Json;
using Microsoft.Data.Sqlite;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <content>Reads.</content>
internal sealed partial class SqliteRunLog
{
    private const string LineColumns = "run, workflow, version, status, started, ended, idempotency_key, position, tip, needs, wake";

    public ValueTask<RunLine?> FindAsync(RunId run, CancellationToken cancellationToken) =>
        Rows.ReadAsync(connection => Line(connection, run), cancellationToken);

    public ValueTask<StoredRun?> LoadAsync(RunId run, CancellationToken cancellationToken) => Rows.ReadAsync(
        connection =>
        {
            // One snapshot of the database for all three reads.
            using var transaction = connection.BeginTransaction(deferred: true);
            if (Line(connection, run) is not { } line)
            {
                return null;
            }

            var snapshots = Query(connection, "SELECT position, state FROM workflow_snapshot WHERE run = $1", reader => (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)), run.Value);
            var (position, state) = snapshots.Count > 0 ? snapshots[0] : (0, null);
            return new StoredRun(line, state, Commits(connection, run, position, long.MaxValue));
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<byte[]>> ReadAsync(RunId run, long after, int limit, CancellationToken cancellationToken) =>
        Rows.ReadAsync<IReadOnlyList<byte[]>>(connection => Commits(connection, run, after, after + limit), cancellationToken);

    public ValueTask<RunPage> ListAsync(RunListFilter filter, CancellationToken cancellationToken) => Rows.ReadAsync(
        connection => RunPages.Of(
            Query(
                connection,
                $"""
                SELECT {LineColumns} FROM workflow_run
                WHERE run > $1 AND run >= $2 AND substr(run, 1, length($2)) = $2 AND ($3 IS NULL OR workflow = $3) AND ($4 IS NULL OR status = $4)
                  AND ($5 IS NULL OR started >= $5) AND ($6 IS NULL OR started < $6)
                ORDER BY run LIMIT $7
                """,
                reader => Line(reader) is var line ? new WorkflowRunLine(line.Id, line.Workflow, line.Status, line.StartedUtc, line.EndedUtc) : null!,
                filter.After ?? "", filter.IdPrefix, filter.Workflow, (int?)filter.Status, filter.StartedFromUtc?.UtcTicks, filter.StartedBeforeUtc?.UtcTicks, filter.Limit + 1),
            filter.Limit),
        cancellationToken);

    public ValueTask<IReadOnlyList<RunLine>> ListCaresAsync(DateTimeOffset wakeBeforeUtc, RunId after, int limit, CancellationToken cancellationToken) =>
        Rows.ReadAsync<IReadOnlyList<RunLine>>(
            connection => Query(
                connection,
                $"SELECT {LineColumns} FROM workflow_run WHERE run > $1 AND (needs <> 0 OR wake < $2) ORDER BY run LIMIT $3",
                Line,
                after.Value, wakeBeforeUtc.UtcTicks, limit),
            cancellationToken);

    public ValueTask<CompiledWorkflow?> FindDefinitionAsync(WorkflowVersion workflow, CancellationToken cancellationToken) => Rows.ReadAsync(
        connection => Query(
            connection,
            "SELECT definition FROM workflow_definition WHERE name = $1 AND ($2 = 0 OR version = $2) ORDER BY version DESC LIMIT 1",
            reader => JsonSerializer.Deserialize<CompiledWorkflow>(reader.GetFieldValue<byte[]>(0)),
            workflow.Name, workflow.Version).FirstOrDefault(),
        cancellationToken);

    public ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken) => Rows.ReadAsync<IReadOnlyList<WorkerHealth>>(
        connection => Query(connection, "SELECT health FROM workflow_worker ORDER BY worker", reader => StoredHealth.Read(reader.GetFieldValue<byte[]>(0))),
        cancellationToken);

    /// <summary>Reads a run of the local mode; null when none is kept under the id.</summary>
    public ValueTask<byte[]?> LoadCheckpointAsync(string id, CancellationToken cancellationToken) => Rows.ReadAsync(
        connection => Query(connection, "SELECT run FROM workflow_checkpoint WHERE id = $1", reader => reader.GetFieldValue<byte[]>(0), id).FirstOrDefault(),
        cancellationToken);

    private static List<byte[]> Commits(SqliteConnection connection, RunId run, long after, long before) => Query(
        connection,
        "SELECT events FROM workflow_event WHERE run = $1 AND position > $2 AND before < $3 ORDER BY position",
        reader => reader.GetFieldValue<byte[]>(0),
        run.Value, after, before);

    private static RunLine? Line(SqliteConnection connection, RunId run) =>
        Query(connection, $"SELECT {LineColumns} FROM workflow_run WHERE run = $1", Line, run.Value).FirstOrDefault();

    private static RunLine Line(SqliteDataReader reader) => new(
        new RunId(reader.GetString(0)),
        new(reader.GetString(1), reader.GetInt32(2)),
        (WorkflowRunStatus)reader.GetInt32(3),
        new DateTimeOffset(reader.GetInt64(4), TimeSpan.Zero),
        reader.IsDBNull(5) ? null : new DateTimeOffset(reader.GetInt64(5), TimeSpan.Zero),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.GetInt64(7),
        reader.GetInt64(8),
        (RunNeeds)reader.GetInt32(9),
        reader.IsDBNull(10) ? null : new DateTimeOffset(reader.GetInt64(10), TimeSpan.Zero));

    private static List<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this class only.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var place = 0; place < values.Length; place++)
        {
            command.Parameters.AddWithValue(FormattableString.Invariant($"${place + 1}"), values[place] ?? DBNull.Value);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
