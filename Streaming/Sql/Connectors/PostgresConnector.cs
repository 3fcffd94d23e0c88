using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Connectors;

/// <summary>Tables of PostgreSQL.</summary>
internal sealed class PostgresConnector : StreamConnector
{
    private const int SlotCharsMax = 63;

    public override string Name => "postgres";

    public override IReadOnlyList<ConnectorOption> Options { get; } =
    [
        FormatOptions.Type,
        new("connection", "A connection string of Npgsql, such as Host=db;Database=app;Username=flow;Password=${DB}. ${NAME} stands for the worker's environment variable FLOW_SECRET_NAME. Required."),
        new("table", "schema.table, or a table of the schema public. Required."),
        new("slot", "Source: the replication slot of this job alone, of small letters, digits and _; it is made where it is missing. Required of a source."),
        new("publication", "Source: the publication of the table; it is made where it is missing. Default: the name of the slot."),
        new("snapshot", "Source: initial: it begins with the rows that are there; never: with what happens from then on, or since a slot was made that is there. Default initial."),
        new("format", "Source: debezium_json: rows change, which needs REPLICA IDENTITY FULL. Default: rows only come."),
        new("on_change", "Source: what becomes of updates, deletes and truncates where rows only come: fail or skip. Default fail."),
        new("staging_table", "Sink: where rows wait for their checkpoint; it is made where it is missing, and belongs to this job alone. Default: the table with _flow_staged behind its name."),
    ];

    public override IReadOnlyList<ConnectorMetadata> Metadata { get; } =
    [
        new("lsn", [ArrowType.Utf8, ArrowType.Int64], "Where the commit of the row is in the log, as PostgreSQL writes it (16/B374D848); of rows that were there at the start, where the log goes on."),
        new("commit_time", [ArrowType.Timestamp(TimeUnit.Microsecond), ArrowType.Int64], "When it was committed, in UTC, or read at the start; as BIGINT milliseconds since 1970."),
        new("xid", [ArrowType.Int64], "The number of its transaction; null: it was there at the start."),
        new("table", [ArrowType.Utf8], "The table, as the option table names it."),
        new("op", [ArrowType.Utf8], "r: the row was there at the start; c: it has come."),
    ];

    public override StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: true);
        var slot = options.Require("slot", "flow_orders");
        if (slot.Length > SlotCharsMax || slot.Any(one => one is not (>= 'a' and <= 'z' or >= '0' and <= '9' or '_')))
        {
            throw options.Bad($"the option slot is '{slot}'; it has up to {SlotCharsMax} small letters, digits and _");
        }

        var givesChanges = columns.TryIndexOf(ChangeRows.RetractColumn) >= 0;
        if (options.OneOf("format", false, ("debezium_json", true)) != givesChanges)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Table '{table.Name}': rows that change are not read here. Leave the option format out.");
        }

        var schema = new ArrowSchema([.. columns.Fields, EventTime.Field]);
        using (new PostgresRows(table.Name, schema, null, [.. TableMetadata.Of(table)]))
        {
            // Tells wrong columns when the text is planned.
        }

        var config = new PostgresSourceConfig
        {
            Connection = Connection(options),
            Table = TableOf(options, "table", options.Require("table", "public.orders")),
            Slot = slot,
            Publication = options.Text("publication", slot),
            HasNoSnapshot = options.OneOf("snapshot", false, ("initial", false), ("never", true)),
            Metadata = { TableMetadata.Of(table) },
            SkipsChanges = options.OneOf("on_change", false, ("fail", false), ("skip", true)),
        };
        return new StreamOperatorPlan(PostgresSource.Kind, config) { Schema = schema, ParallelismMax = 1 };
    }

    public override StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns)
    {
        var options = OptionsOf(table, isSource: false);
        if (columns.Fields.Count == 0)
        {
            throw options.Bad("a table of PostgreSQL that is written needs its columns");
        }

        if (options.Has("format"))
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Table '{table.Name}': rows are only added to a table of PostgreSQL. Leave the option format out.");
        }

        if (columns.Fields.FirstOrDefault(field => field.Type.Equals(ArrowType.Binary)) is { } bytes)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"Table '{table.Name}': column '{bytes.Name}' holds bytes, which are not written to PostgreSQL. Write hex(...) into a column of TEXT.");
        }

        using (RowFormats.Encoder(new FormatConfig { Kind = FormatKind.Csv }, columns))
        {
            // As above.
        }

        var name = TableOf(options, "table", options.Require("table", "public.totals"));
        return new StreamOperatorPlan(PostgresSink.Kind, new PostgresSinkConfig
        {
            Connection = Connection(options),
            Table = name,
            StagingTable = TableOf(options, "staging_table", options.Text("staging_table", name + "_flow_staged")),
            Columns = { columns.Fields.Select(field => field.Name) },
        });
    }

    public override StreamOperatorPlan Lookup(CreateTableStatement table, ArrowSchema columns)
    {
        var options = LookupOptionsOf(table);
        using (new PostgresRows(table.Name, new ArrowSchema([.. columns.Fields, EventTime.Field]), null))
        {
            // As above.
        }

        return new StreamOperatorPlan(
            PostgresLookup.Kind, new PostgresLookupConfig { Connection = Connection(options), Table = TableOf(options, "table", options.Require("table", "public.customers")) });
    }

    // The planner has no secrets, so that only the worker sees whether the string is one.
    private static string Connection(ConnectorOptions options) => options.Require("connection", "Host=db;Database=app;Username=flow;Password=${DB}");

    private static string TableOf(ConnectorOptions options, string option, string name) =>
        name.Split('.') is { Length: <= 2 } parts && parts.All(part => part.Length > 0) ? name : throw options.Bad($"the option {option} is '{name}'; it is schema.table, or a table of the schema public");
}
