using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>What a table says by <c>PARTITIONED BY (columns)</c>: which of its columns divide the rows that are written.</summary>
internal static class TablePartitions
{
    /// <summary>Looks whether a table can have it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connector">Its connector; null: it has none.</param>
    /// <param name="options">The connectors that there are.</param>
    /// <exception cref="FlowException">
    /// <c>unsupported</c>: the connector divides nothing, or an entry is no column. <c>bad_input</c>: the table is not written, or has no such column.
    /// </exception>
    public static void Check(CreateTableStatement table, StreamConnector? connector, StreamPlanOptions options)
    {
        if (table.PartitionedBy.Count == 0)
        {
            return;
        }

        if (connector is not { DividesRows: true })
        {
            var dividing = string.Join(", ", options.Connectors.Where(one => one.DividesRows).Select(one => one.Name).Order(StringComparer.Ordinal));
            throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Table '{table.Name}': {(connector is null ? "a table without a connector" : $"connector {connector.Name}")} does not divide rows, so that PARTITIONED BY means nothing. Leave it out; connectors that do: {dividing}.");
        }

        if (table.IsTemporary || (table.Options.TryGetValue("type", out var type) && !string.Equals(type, "sink", StringComparison.OrdinalIgnoreCase)))
        {
            throw NotWritten(table);
        }

        _ = ColumnsOf(table, table.Columns.Select(column => column.Name).ToList());
    }

    /// <summary>The columns, as the table writes them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Names of its columns; none: they are not known yet, and what it says is given back.</param>
    /// <exception cref="FlowException">As <see cref="Check"/>.</exception>
    public static IReadOnlyList<string> ColumnsOf(CreateTableStatement table, IReadOnlyList<string> columns)
    {
        var found = new List<string>(table.PartitionedBy.Count);
        foreach (var part in table.PartitionedBy)
        {
            var name = NameOf(table, part);
            var column = columns.Count == 0 ? name : columns.FirstOrDefault(one => string.Equals(one, name, StringComparison.OrdinalIgnoreCase))
                ?? throw new FlowException(FlowErrorCode.BadInput, $"Table '{table.Name}': PARTITIONED BY names '{name}'; the table has the columns: {string.Join(", ", columns)}.");
            if (found.Contains(column))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Table '{table.Name}': PARTITIONED BY names '{column}' twice.");
            }

            found.Add(column);
        }

        return found;
    }

    /// <summary>A table of that kind is read.</summary>
    public static FlowException NotWritten(CreateTableStatement table) => new(
        FlowErrorCode.BadInput, $"Table '{table.Name}': PARTITIONED BY is of tables that are written; the files of such a table do not hold these columns. Leave it out, and declare another table for reading.");

    private static string NameOf(CreateTableStatement table, SqlPart part)
    {
        var tokens = new SqlTokens(part.Text);
        var name = tokens.IsAtEnd ? null : tokens.TakeName("the name of a column");
        return name is not null && tokens.IsAtEnd
            ? name
            : throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Table '{table.Name}': PARTITIONED BY ({part.Text}) is no column. Rows are divided by columns: insert what it computes as one more column, or give the folders of the event time by the option partition.time_format.");
    }
}
