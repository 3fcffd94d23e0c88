using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>How rows of a table are looked up.</summary>
/// <param name="Kind">The operator.</param>
/// <param name="Config">What it is told, but for the places of the keys.</param>
/// <param name="KeyPlaces">Places of the columns of the primary key, in its order.</param>
internal sealed record LookupTable(string Kind, LookupConfig Config, IReadOnlyList<int> KeyPlaces)
{
    /// <summary>Plans it.</summary>
    /// <exception cref="FlowException">The table has no key, or what only rows that come have; or an option is wrong.</exception>
    public static LookupTable Plan(StreamTable table)
    {
        var (statement, connector) = (table.Statement, table.Connector);
        FlowException Bad(string problem) => new(FlowErrorCode.BadInput, $"Table '{statement.Name}' is TEMPORARY, so that its rows are looked up: {problem}.");
        if (connector is null || statement.Query is not null)
        {
            throw Bad("it needs WITH (connector = '...'), and no AS");
        }

        if (statement.PrimaryKey.Count == 0)
        {
            throw Bad("lookup tables must have a PRIMARY KEY, the columns that it is looked up by");
        }

        if (statement.Watermark is not null || table.Columns.Any(column => column.Generated is not null))
        {
            throw Bad("it has no WATERMARK and no generated columns; compute them in the query");
        }

        TableMetadata.CheckLookup(statement, connector);
        var plan = connector.Lookup(statement, table.Schema);
        var config = new LookupConfig
        {
            KeyNames = { statement.PrimaryKey.Select(name => table.Schema.Fields[PlaceOf(table, name)].Name) },
            ColumnNames = { table.Schema.Fields.Select(field => field.Name) },
            Source = plan.Config?.ToByteString() ?? ByteString.Empty,
            Limits = LookupOptions.Read(new ConnectorOptions(statement, [.. connector.Options, .. LookupOptions.All])),
        };
        return new LookupTable(plan.Kind, config, [.. statement.PrimaryKey.Select(name => PlaceOf(table, name))]);
    }

    /// <summary>What to say of a query that reads such a table by itself.</summary>
    public static FlowException NotRead(string table) => new(
        FlowErrorCode.Unsupported, $"Table '{table}' is TEMPORARY, so that its rows are only looked up: join rows of a stream to it (INNER JOIN, LEFT JOIN), with a value for each column of its PRIMARY KEY; the stream stands first, then the tables that are looked up.");

    private static int PlaceOf(StreamTable table, string name) => table.Columns.ToList().FindIndex(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase));
}
