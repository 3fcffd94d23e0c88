using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>The rows that the window of an INSERT leaves out, and the table that its option <c>late_rows_to</c> names for them.</summary>
/// <param name="target">The table of the INSERT, for messages.</param>
/// <param name="table">Where they go: a sink.</param>
internal sealed class LateRows(string target, StreamTable table)
{
    /// <summary>Name of the option.</summary>
    public const string Option = "late_rows_to";

    private StreamPart? _rows;

    /// <summary>Where they go.</summary>
    public StreamTable Table => table;

    /// <summary>Names of their columns; there when the window is planned.</summary>
    public ValueList<string> Names { get; private set; } = [];

    /// <summary>Types of their columns.</summary>
    public ValueList<SqlType> Types { get; private set; } = [];

    /// <summary>The rows, without what they are cast to.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the query has no window that may leave rows out.</exception>
    public StreamPart Rows
    {
        get => _rows ?? throw Wrong(FlowErrorCode.BadOption, "the query has no window over the rows of a table, so none of them is late. Leave the option out");
        set => _rows = value;
    }

    /// <summary>What an INSERT says of late rows.</summary>
    /// <returns>Null when it says nothing.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: the table is not one that rows go out by; <c>bad_input</c>: there is no such table.</exception>
    public static LateRows? Of(InsertStatement insert, StreamTables tables)
    {
        if (!insert.Options.TryGetValue(Option, out var name))
        {
            return null;
        }

        var late = new LateRows(insert.Table, tables.Require(name, insert.Start));
        if (string.Equals(name, insert.Table, StringComparison.OrdinalIgnoreCase))
        {
            throw late.Wrong(FlowErrorCode.BadOption, "it is the table of the results itself. Name another one");
        }

        return late.Table is { Connector: not null, Lookup: null }
            ? late
            : throw late.Wrong(FlowErrorCode.BadOption, "it has no connector that takes rows, and what reads late rows would leave them out again. Name a table WITH (connector = '...')");
    }

    /// <summary>The columns that a table gets them by.</summary>
    public static IReadOnlyList<StreamColumn> Targets(StreamTable table) => [.. table.Columns.Where(column => column.Generated is null)];

    /// <summary>Late rows are handed out by windows that aggregate as rows come.</summary>
    public void CheckAggregates(AggregateNode aggregate)
    {
        if (aggregate.Aggregates.FirstOrDefault(call => !WindowAggregates.IsKnown(call)) is { } other)
        {
            throw Wrong(FlowErrorCode.Unsupported, $"{other.Name} is computed when its window is complete, and late rows are told only of windows of count, sum, avg, min, max, stddev, variance, bool_and, bool_or. Put it into an INSERT of its own");
        }
    }

    /// <summary>The scan of the window's table with the columns that late rows have, behind its own.</summary>
    /// <param name="leaf">What the window reads.</param>
    /// <param name="tables">The tables.</param>
    /// <exception cref="FlowException"><c>unsupported</c>: it is no table, or there is another window; <c>bad_input</c>: it has no such column.</exception>
    public ScanNode Widen(PlanNode leaf, StreamTables tables)
    {
        if (_rows is not null)
        {
            throw Wrong(FlowErrorCode.Unsupported, "the query has two windows over tables, or one that is read twice. Put each window into an INSERT of its own, by way of a table in memory");
        }

        if (leaf is not ScanNode scan)
        {
            throw Wrong(FlowErrorCode.Unsupported, "the window is over the rows of a join, a function or a set, and late rows are those of a table. Insert the rows into a table in memory, and window that one");
        }

        var source = tables.Require(scan.Table, 0);
        var columns = (table.Columns.Count == 0 ? source.Columns : [.. Targets(table).Select(column => Find(source, column.Name))]).ToList();
        Names = [.. columns.Select(column => column.Name)];
        Types = [.. columns.Select(column => new SqlType(column.Type))];
        return new ScanNode(scan.Table, [.. scan.Columns, .. Names], [.. scan.Types, .. Types]);
    }

    private StreamColumn Find(StreamTable source, string name) =>
        source.Columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw Wrong(FlowErrorCode.BadInput, $"its column '{name}' is none of the table '{source.Statement.Name}' that the window reads, which has: {string.Join(", ", source.Columns.Select(column => column.Name))}. Late rows are those of that table, by the names of their columns");

    private FlowException Wrong(FlowErrorCode code, string message) => new(code, $"INSERT INTO {target}, {Option} = '{table.Statement.Name}': {message}.");
}
