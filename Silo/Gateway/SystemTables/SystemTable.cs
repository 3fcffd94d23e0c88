using OrleansFlow.Arrow;

namespace OrleansFlow.Silo.Gateway.SystemTables;

/// <summary>A table that says how the cluster is, and its columns; what they mean is in docs/sql.md.</summary>
/// <param name="Name">Its name in the schema <c>system</c>.</param>
/// <param name="Schema">Its columns.</param>
internal sealed record SystemTable(string Name, ArrowSchema Schema)
{
    private static readonly ArrowType Time = ArrowType.Timestamp(TimeUnit.Microsecond, "UTC");

    public static readonly SystemTable Runs = new("runs", Columns(
        ("run_id", ArrowType.Utf8), ("graph", ArrowType.Utf8), ("status", ArrowType.Utf8), ("submitted_at", Time), ("started_at", Time), ("ended_at", Time),
        ("failure_code", ArrowType.Utf8), ("failure_message", ArrowType.Utf8)));

    public static readonly SystemTable Tasks = new("tasks", Columns(
        ("task_id", ArrowType.Utf8), ("run_id", ArrowType.Utf8), ("node_id", ArrowType.Utf8), ("task_index", ArrowType.Int64), ("role", ArrowType.Utf8),
        ("status", ArrowType.Utf8), ("attempt", ArrowType.Int64), ("epoch", ArrowType.Int64), ("worker_id", ArrowType.Utf8), ("batch_count", ArrowType.Int64),
        ("progress", ArrowType.Float64), ("granted_at", Time), ("due_at", Time), ("failure_code", ArrowType.Utf8), ("failure_message", ArrowType.Utf8)));

    public static readonly SystemTable Leases = new("leases", Columns(
        ("task_id", ArrowType.Utf8), ("epoch", ArrowType.Int64), ("worker_id", ArrowType.Utf8), ("role", ArrowType.Utf8), ("attempt", ArrowType.Int64),
        ("granted_at", Time), ("expires_at", Time)));

    public static readonly SystemTable Workers = new("workers", Columns(
        ("worker_id", ArrowType.Utf8), ("state", ArrowType.Utf8), ("last_seen_at", Time), ("slots", ArrowType.Int64), ("lease_count", ArrowType.Int64),
        ("roles", ArrowType.Utf8), ("version", ArrowType.Utf8), ("host", ArrowType.Utf8), ("process_id", ArrowType.Int64), ("data_address", ArrowType.Utf8)));

    public static readonly SystemTable Queries = new("queries", Columns(
        ("query_id", ArrowType.Utf8), ("state", ArrowType.Utf8), ("position", ArrowType.Int64), ("tenant", ArrowType.Utf8), ("owner", ArrowType.Utf8),
        ("sql", ArrowType.Utf8), ("submitted_at", Time), ("stage_count", ArrowType.Int64), ("task_count", ArrowType.Int64), ("done_count", ArrowType.Int64),
        ("retry_count", ArrowType.Int64)));

    public static readonly SystemTable Stages = new("stages", Columns(
        ("query_id", ArrowType.Utf8), ("stage", ArrowType.Int64), ("task_count", ArrowType.Int64), ("waiting_count", ArrowType.Int64),
        ("running_count", ArrowType.Int64), ("done_count", ArrowType.Int64), ("row_count", ArrowType.Int64), ("byte_count", ArrowType.Int64)));

    /// <summary>All there are, by name.</summary>
    public static IReadOnlyList<SystemTable> All { get; } = [Leases, Queries, Runs, Stages, Tasks, Workers];

    private static ArrowSchema Columns(params ReadOnlySpan<(string Name, ArrowType Type)> columns)
    {
        var fields = new ArrowField[columns.Length];
        for (var index = 0; index < columns.Length; index++)
        {
            fields[index] = new ArrowField(columns[index].Name, columns[index].Type);
        }

        return new ArrowSchema(fields);
    }
}
