using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>What a table's <c>WITH (connector = ...)</c> names: how its rows are read or written.</summary>
public abstract class StreamConnector
{
    /// <summary>Name in texts.</summary>
    public abstract string Name { get; }

    /// <summary>The columns of a table that writes none down. Default none.</summary>
    public virtual IReadOnlyList<StreamColumn> DefaultColumns => [];

    /// <summary>The options that its tables have, besides <c>connector</c>. Default none; see <see cref="ConnectorOptions"/>.</summary>
    public virtual IReadOnlyList<ConnectorOption> Options => [];

    /// <summary>What columns of its sources may take by <c>METADATA FROM</c>. Default none. <see cref="Source"/> is only asked for tables whose columns fit.</summary>
    public virtual IReadOnlyList<ConnectorMetadata> Metadata => [];

    /// <summary>What columns of the primary key may take by <c>METADATA FROM</c> in tables that rows are looked up in. Default none.</summary>
    public virtual IReadOnlyList<string> LookupMetadata => [];

    /// <summary>Whether its sinks divide rows by <c>PARTITIONED BY (columns)</c>. Default false: such a table is refused.</summary>
    public virtual bool DividesRows => false;

    /// <summary>The operator that reads the table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">
    /// Its columns that are read, so those of metadata too, and not the generated ones, as the engine gives them; where <see cref="GivesChanges"/> says so, <see cref="ChangeRows.RetractField"/> behind them.
    /// </param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: an option is wrong or missing. <c>bad_input</c>: the table cannot be read.</exception>
    public virtual StreamOperatorPlan Source(CreateTableStatement table, ArrowSchema columns) => throw NotThis(table, "read from", "a sink");

    /// <summary>The operator that writes the table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Its columns; none: it takes whatever comes.</param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: an option is wrong or missing. <c>bad_input</c>: the table cannot be written.</exception>
    public virtual StreamOperatorPlan Sink(CreateTableStatement table, ArrowSchema columns) => throw NotThis(table, "insert into", "a source");

    /// <summary>The operator that looks rows of the table up by its primary key: <c>CREATE TEMPORARY TABLE</c>.</summary>
    /// <param name="table">The table, which has a primary key and no generated columns. Read its options by <see cref="LookupOptionsOf"/>.</param>
    /// <param name="columns">Its columns, those of the key among them.</param>
    /// <returns>
    /// A kind that <see cref="Joins.Lookups.LookupOperators.AddLookup"/> knows, and what its source is told. <see cref="StreamOperatorPlan.Schema"/> is not needed, as lookups run where rows are.
    /// </returns>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: an option is wrong or missing. <c>bad_input</c>, <c>unsupported</c>: its rows are not looked up.</exception>
    public virtual StreamOperatorPlan Lookup(CreateTableStatement table, ArrowSchema columns)
    {
        ArgumentNullException.ThrowIfNull(table);
        throw new Errors.FlowException(Errors.FlowErrorCode.Unsupported, $"Table '{table.Name}': connector {Name} looks no rows up. Leave TEMPORARY out, or choose another connector.");
    }

    /// <summary>The options of a table that is looked up: those of the connector and those of all lookups, which the planner reads.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: there is no such option, or <c>type</c> is not <c>lookup</c>.</exception>
    protected ConnectorOptions LookupOptionsOf(CreateTableStatement table)
    {
        var options = new ConnectorOptions(table, [.. Options, .. LookupOptions.All]);
        options.OneOf("type", true, ("lookup", true));
        return options;
    }

    /// <summary>The options of a table, all of which the connector has to know.</summary>
    /// <param name="table">The table.</param>
    /// <param name="isSource">Whether it is read. A table that says <c>type = 'sink'</c> is not, and one that says <c>type = 'source'</c> is not written.</param>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: the connector does not know one. <c>bad_input</c>: the table is of the other type.</exception>
    protected ConnectorOptions OptionsOf(CreateTableStatement table, bool isSource)
    {
        var options = new ConnectorOptions(table, Options);
        return options.OneOf<bool?>("type", null, ("source", true), ("sink", false)) is { } type && type != isSource
            ? throw (isSource ? NotThis(table, "read from", "a sink") : NotThis(table, "insert into", "a source"))
            : options;
    }

    /// <summary>
    /// Whether the sink takes rows that are taken back: they have the column <see cref="ChangeRows.RetractColumn"/> before the event time. Default: with
    /// <c>format = 'debezium_json'</c>.
    /// </summary>
    /// <param name="table">The table.</param>
    public virtual bool TakesChanges(CreateTableStatement table) => IsOfChanges(table);

    /// <summary>Whether the source gives rows that are taken back. Default: with <c>format = 'debezium_json'</c>.</summary>
    /// <param name="table">The table.</param>
    public virtual bool GivesChanges(CreateTableStatement table) => IsOfChanges(table);

    private static bool IsOfChanges(CreateTableStatement table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Options.TryGetValue("format", out var format) && string.Equals(format, "debezium_json", StringComparison.OrdinalIgnoreCase);
    }

    private static Errors.FlowException NotThis(CreateTableStatement table, string what, string is_) =>
        new(Errors.FlowErrorCode.BadInput, $"attempted to {what} table '{table.Name}', but it is {is_}");
}

/// <summary>An operator of a program.</summary>
/// <param name="Kind">As the worker's registry knows it.</param>
/// <param name="Config">What it is told; null for nothing.</param>
public sealed record StreamOperatorPlan(string Kind, IMessage? Config)
{
    /// <summary>The rows of a source: the table's columns that are read, in order, and behind them the event time if the source knows it. Null for a sink.</summary>
    public ArrowSchema? Schema { get; init; }

    /// <summary>Subtasks at most. Default: as many as the job has.</summary>
    public uint ParallelismMax { get; init; } = uint.MaxValue;
}
