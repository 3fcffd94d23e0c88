using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>The columns of a table that its connector fills by itself: <c>METADATA FROM</c>.</summary>
internal static class TableMetadata
{
    /// <summary>What a source is told of them.</summary>
    public static IEnumerable<MetadataColumn> Of(CreateTableStatement table) =>
        table.Columns.Where(column => column.MetadataKey is not null).Select(column => new MetadataColumn { Column = column.Name, Key = column.MetadataKey });

    /// <summary>The columns that a source reads from its data.</summary>
    public static ArrowSchema DataOf(CreateTableStatement table, ArrowSchema columns)
    {
        var own = table.Columns.Where(column => column.MetadataKey is not null).Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        return own.Count == 0 ? columns : new ArrowSchema([.. columns.Fields.Where(field => !own.Contains(field.Name))]);
    }

    /// <summary>Looks whether a table's connector has what its columns ask for. Tables that rows are looked up in are asked by <see cref="CheckLookup"/>.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connector">Its connector; null: it has none.</param>
    /// <param name="read">Its columns that are read, as the engine gives them.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: a key or a type is wrong, or the table is written, or in memory. <c>unsupported</c>: its rows change.</exception>
    public static void Check(CreateTableStatement table, StreamConnector? connector, ArrowSchema read)
    {
        if (table.IsTemporary || !table.Columns.Any(column => column.MetadataKey is not null))
        {
            return;
        }

        foreach (var column in table.Columns.Where(column => column.MetadataKey is not null))
        {
            Check(table, connector, column, read);
        }

        if (connector!.GivesChanges(table))
        {
            // A row that is taken back would come with the metadata of another record, and nobody could tell which row is meant.
            throw new FlowException(FlowErrorCode.Unsupported, $"{What(table, table.Columns.First(column => column.MetadataKey is not null))}, and rows of the table change (format debezium_json), which have no metadata. Leave the column out.");
        }

        if (table.Columns.All(column => column.MetadataKey is not null || column.Generated is not null))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table.Name}' has only columns of METADATA FROM; give it one that is read from the data.");
        }
    }

    /// <summary>Looks whether a table that rows are looked up in asks for what its connector has there.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a key is unknown, or is not that of the primary key.</exception>
    public static void CheckLookup(CreateTableStatement table, StreamConnector connector)
    {
        foreach (var column in table.Columns.Where(column => column.MetadataKey is not null))
        {
            if (!connector.LookupMetadata.Contains(column.MetadataKey, StringComparer.Ordinal))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"{What(table, column)}, which connector {connector.Name} does not offer where rows are looked up; it offers {(connector.LookupMetadata.Count == 0 ? "none" : string.Join(", ", connector.LookupMetadata.Select(key => $"'{key}' (a column of the PRIMARY KEY)")))}.");
            }

            if (!table.PrimaryKey.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"{What(table, column)}, which only a column of its PRIMARY KEY may be, since the table is TEMPORARY, and its rows are looked up by that.");
            }
        }
    }

    /// <summary>Looks whether a table may be written.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it has such columns, which only rows that are read have.</exception>
    public static void CheckWritten(StreamTable table)
    {
        if (table.Statement.Columns.FirstOrDefault(column => column.MetadataKey is not null) is { } column)
        {
            throw Written(table.Statement, table.Connector, column);
        }
    }

    private static void Check(CreateTableStatement table, StreamConnector? connector, StreamColumn column, ArrowSchema read)
    {
        FlowException Bad(string problem) => new(FlowErrorCode.BadInput, $"{What(table, column)}{problem}");
        if (column.Generated is not null)
        {
            throw Bad(", and GENERATED ALWAYS AS too; it is one of the two.");
        }

        if (connector is null)
        {
            throw Bad(", and the table has no connector that reads it. Leave the column out.");
        }

        if (table.Options.TryGetValue("type", out var type) && string.Equals(type, "sink", StringComparison.OrdinalIgnoreCase))
        {
            throw Written(table, connector, column);
        }

        var known = connector.Metadata.FirstOrDefault(one => one.Fits(column.MetadataKey!))
            ?? throw Bad($", which connector {connector.Name} does not offer; {Offer(connector)}.");
        if (!known.Types.Contains(read.Field(column.Name).Type))
        {
            throw Bad($": incorrect data type for metadata field '{column.MetadataKey}'; expected {known.TypeText}, but found {column.Type}. Connector {connector.Name}: {Offer(connector)}.");
        }
    }

    private static FlowException Written(CreateTableStatement table, StreamConnector? connector, StreamColumn column) => new(
        FlowErrorCode.BadInput,
        $"{What(table, column)}, and the table is a sink: only rows that are read have metadata. Leave the column out, or declare another table for writing.{(connector is null ? "" : $" Connector {connector.Name}, of tables that are read: {Offer(connector)}.")}");

    private static string What(CreateTableStatement table, StreamColumn column) => $"Table '{table.Name}', column '{column.Name}' is METADATA FROM '{column.MetadataKey}'";

    private static string Offer(StreamConnector connector) => connector.Metadata.Count == 0
        ? "it offers none"
        : $"it offers {string.Join(", ", connector.Metadata.Select(one => $"'{one.Key}' ({one.TypeText})"))}";
}
