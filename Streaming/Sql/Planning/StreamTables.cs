using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>The tables of a streaming text, each of which is read once however many queries name it.</summary>
internal sealed class StreamTables(SqlPlanner planner, ProgramBuilder program, StreamPlanOptions options)
{
    private const string WatermarkColumn = "_watermark";
    private const long EstimatedRowCount = 1_000_000;

    private readonly Dictionary<string, StreamTable> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, StreamPart> _read = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlySet<int>> _windows = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Subtasks of the tables that follow, as the text says; null: it does not.</summary>
    public uint? Parallelism { get; set; }

    /// <summary>Adds a table: the engine gets to know its columns.</summary>
    public async Task AddAsync(CreateTableStatement statement, CancellationToken cancellationToken)
    {
        var connector = ConnectorOf(statement);
        TablePartitions.Check(statement, connector, options);
        var columns = statement.Columns.Count > 0 || connector is null ? statement.Columns : connector.DefaultColumns;
        var read = await DescribeAsync(statement, columns.Where(column => column.Generated is null), cancellationToken);
        TableMetadata.Check(statement, connector, read);
        await CheckExpressionsAsync(statement, cancellationToken);
        var table = new StreamTable(statement, connector, columns, await DescribeAsync(statement, columns, cancellationToken), read) { Parallelism = Parallelism, Function = FunctionTable.TryRead(statement) };
        if (!_tables.TryAdd(statement.Name, table))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"There is a table '{statement.Name}' already.");
        }

        if (statement.IsTemporary)
        {
            table = _tables[statement.Name] = table with { Lookup = LookupTable.Plan(table) };
            await planner.KeepJoinOrderAsync(cancellationToken);
        }

        if (columns.Count > 0)
        {
            await planner.AddTableAsync(statement.Name, EmptyQuery(columns), EstimatedRowCount, cancellationToken);
        }
    }

    /// <summary>A table whose rows are looked up; null for another one.</summary>
    public StreamTable? LookupOf(string name) => _tables.TryGetValue(name, out var table) && table.Lookup is not null ? table : null;

    /// <summary>Whether rows of a table are taken back.</summary>
    public bool IsUpdating(string name) =>
        _read.TryGetValue(name, out var part) ? part.IsUpdating : _tables.TryGetValue(name, out var table) && table.Connector is { } connector && connector.GivesChanges(table.Statement);

    /// <summary>Gives a table that has no columns those of what is inserted first.</summary>
    public async Task<StreamTable> InferAsync(StreamTable table, ValueList<string> names, ValueList<SqlType> types, CancellationToken cancellationToken)
    {
        var columns = ColumnNames.Unique(names).Select((name, place) => new StreamColumn(name, types[place].ToString())).ToList();
        var schema = await DescribeAsync(table.Statement, columns, cancellationToken);
        return _tables[table.Statement.Name] = table with { Columns = columns, Schema = schema };
    }

    /// <summary>What is inserted into a table in memory is what it is read as.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: something is inserted already.</exception>
    public void Fill(StreamTable table, StreamPart part, IReadOnlySet<int> windows)
    {
        if (!_read.TryAdd(table.Statement.Name, part))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Can only insert into a memory table once, and '{table.Statement.Name}' has rows already. Insert a UNION ALL.");
        }

        if (table.Function is null)
        {
            _windows[table.Statement.Name] = windows;
        }
    }

    /// <summary>Places of the columns of a scan that hold the window which the rows are of.</summary>
    public IReadOnlySet<int> WindowsOf(ScanNode scan)
    {
        var found = new HashSet<int>();
        if (_windows.TryGetValue(scan.Table, out var windows))
        {
            var columns = _tables[scan.Table].Columns;
            for (var place = 0; place < scan.Columns.Count; place++)
            {
                if (windows.Any(window => string.Equals(columns[window].Name, scan.Columns[place], StringComparison.OrdinalIgnoreCase)))
                {
                    found.Add(place);
                }
            }
        }

        return found;
    }

    /// <summary>A table by its name.</summary>
    public StreamTable Require(string name, int start) => _tables.TryGetValue(name, out var table)
        ? table
        : throw new FlowException(FlowErrorCode.BadInput, $"At character {start + 1}: there is no table '{name}'; there are: {string.Join(", ", _tables.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>The rows of a table, and its columns that a scan reads.</summary>
    public (StreamPart From, PlanNode Rows) Read(ScanNode scan)
    {
        var table = Require(scan.Table, 0);
        if (table.Lookup is not null)
        {
            throw LookupTable.NotRead(scan.Table);
        }

        if (!_read.TryGetValue(scan.Table, out var part))
        {
            _read[scan.Table] = part = Read(table);
        }

        // Types of columns that nobody reads do not matter.
        var types = table.Columns.Select(column => scan.Columns.Select((name, place) => (name, place))
            .Where(one => string.Equals(one.name, column.Name, StringComparison.OrdinalIgnoreCase)).Select(one => scan.Types[one.place]).FirstOrDefault(SqlType.BigInt));
        return (part, TimedPlans.Scan(scan, [.. table.Columns.Select(column => column.Name)], [.. types], SqlOperator.InputView, part.IsUpdating));
    }

    /// <summary>The query's columns as those of a table.</summary>
    public static PlanNode Fit(InsertStatement insert, StreamTable table, ValueList<string> names, PlanNode plan)
    {
        if (table.Columns.Count == 0)
        {
            return plan;
        }

        var targets = insert.Columns.Count > 0 ? insert.Columns : [.. table.Columns.Where(column => column.Generated is null).Select(column => column.Name)];
        if (targets.Count != names.Count)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{insert.Table}' takes {targets.Count} columns ({string.Join(", ", targets)}), and the query gives {names.Count} ({string.Join(", ", names)}).");
        }

        var values = new List<ScalarExpression>();
        foreach (var column in table.Columns.Where(column => column.Generated is null))
        {
            var place = targets.ToList().FindIndex(target => string.Equals(target, column.Name, StringComparison.OrdinalIgnoreCase));
            var type = new SqlType(column.Type);
            values.Add(place < 0 ? ConstantExpression.Null(type) : plan.Types[place] == type || plan.Types[place].ToString() == column.Type ? new ColumnReference(place, type) : new CastExpression(new ColumnReference(place, plan.Types[place]), IsTry: false, type));
        }

        return new ProjectNode(plan, [.. values]);
    }

    private StreamPart Read(StreamTable table)
    {
        var (statement, name) = (table.Statement, table.Statement.Name);
        var connector = table.Connector ?? throw new FlowException(FlowErrorCode.BadInput, $"Can't query from memory table {name} without first inserting into it.");
        var isUpdating = connector.GivesChanges(statement);
        var source = connector.Source(statement, isUpdating ? new ArrowSchema([.. table.ReadSchema.Fields, ChangeRows.RetractField]) : table.ReadSchema);
        var schema = source.Schema ?? throw new InvalidOperationException($"The source of connector {connector.Name} has no rows.");
        var part = program.Add(name, source, schema, Math.Min(table.Parallelism ?? options.Parallelism, source.ParallelismMax), null) with { IsUpdating = isUpdating };
        var watermark = statement.Watermark;
        var hasTime = schema.TryIndexOf(EventTime.Column) >= 0;
        if (watermark is null && !hasTime)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{name}' has no event time: its connector knows none, so it needs WATERMARK FOR a column.");
        }

        if (watermark is not null || table.Columns.Any(column => column.Generated is not null))
        {
            part = Compute(table, part);
        }

        var config = watermark is null ? new WatermarkConfig() : new WatermarkConfig { Column = WatermarkColumn };
        return program.Add($"{name}-watermark", new StreamOperatorPlan(WatermarkOperator.Kind, config), part.Schema, part.Parallelism, part);
    }

    /// <summary>Generated columns, the event time and the watermark, by the engine.</summary>
    private StreamPart Compute(StreamTable table, StreamPart part)
    {
        var watermark = table.Statement.Watermark;
        var raw = string.Join(", ", part.Schema.Fields.Select((field, place) => $"c{place} AS {EngineText.Quote(field.Name)}"));
        var computed = table.Columns.Select(column => column.Generated is { } generated
            ? $"CAST(({generated.Text}) AS {column.Type}) AS {EngineText.Quote(column.Name)}" : EngineText.Quote(column.Name));
        var names = string.Join(", ", table.Columns.Select(column => EngineText.Quote(column.Name)));

        // A generated column may be the event time, so that one is taken from columns that are there by then.
        var mark = part.IsUpdating ? $", {ChangeRows.RetractColumn}" : "";
        var (carried, time, late) = watermark is null
            ? ($"{mark}, {EventTime.Column}", EventTime.Column, "")
            : (mark, $"CAST({EngineText.Quote(watermark.Column)} AS TIMESTAMP)", $", CAST(({watermark.Expression?.Text ?? EngineText.Quote(watermark.Column)}) AS TIMESTAMP) AS {WatermarkColumn}");
        var sql = $"SELECT {names}{mark}, {time} AS {EventTime.Column}{late} FROM (SELECT {string.Join(", ", computed)}{carried} FROM (SELECT {raw} FROM {SqlOperator.InputView}))";
        var output = new ArrowSchema(
        [
            .. table.Schema.Fields,
            .. part.IsUpdating ? new[] { ChangeRows.RetractField } : [],
            EventTime.Field,
            .. watermark is null ? [] : new[] { new ArrowField(WatermarkColumn, EventTime.Field.Type, isNullable: false) },
        ]);
        return program.Add($"{table.Statement.Name}-columns", new StreamOperatorPlan(SqlOperator.Kind, new SqlConfig { Sql = sql }), output, part.Parallelism, part);
    }

    /// <returns>Null for a table in memory or of a function.</returns>
    private StreamConnector? ConnectorOf(CreateTableStatement statement)
    {
        if (FunctionTable.TryRead(statement) is not null)
        {
            return null;
        }

        if (statement.Options.Count == 0)
        {
            return statement.Columns.Count == 0 || statement.Watermark is not null || statement.Columns.Any(column => column.Generated is not null)
                ? throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"Table '{statement.Name}' has no WITH (connector = '...'), so that it is one in memory: it has columns, none of them generated, and no WATERMARK, since rows keep the event time of what is inserted.")
                : null;
        }

        return statement.Options.TryGetValue("connector", out var name) && options.Connectors.FirstOrDefault(one => one.Name == name) is { } connector
            ? connector
            : throw new FlowException(
                FlowErrorCode.BadOption, $"Table '{statement.Name}': the option connector is '{name}'; there are: {string.Join(", ", options.Connectors.Select(one => one.Name).Append(FunctionTable.Connector).Order(StringComparer.Ordinal))}.");
    }

    /// <summary>A wrong expression is told when the text is planned, and not when the job runs.</summary>
    private async Task CheckExpressionsAsync(CreateTableStatement statement, CancellationToken cancellationToken)
    {
        var read = statement.Columns.Where(column => column.Generated is null).ToList();
        var generated = statement.Columns.Where(column => column.Generated is not null).Select(column => $"CAST(({column.Generated!.Value.Text}) AS {column.Type}) AS {EngineText.Quote(column.Name)}").ToList();
        if (read.Count == 0 || (generated.Count == 0 && statement.Watermark is null))
        {
            return;
        }

        var watermark = statement.Watermark is { } one ? one.Expression?.Text ?? EngineText.Quote(one.Column) : "NULL";
        try
        {
            await planner.DescribeAsync($"SELECT CAST(({watermark}) AS TIMESTAMP) AS w FROM (SELECT {string.Join(", ", generated.Prepend("*"))} FROM ({EmptyQuery(read)}))", cancellationToken);
        }
        catch (EngineException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{statement.Name}', a generated column or the watermark: {exception.Message}", exception);
        }
    }

    private async Task<ArrowSchema> DescribeAsync(CreateTableStatement statement, IEnumerable<StreamColumn> columns, CancellationToken cancellationToken)
    {
        var all = columns.ToList();
        if (all.Count == 0)
        {
            return new ArrowSchema();
        }

        try
        {
            return await planner.DescribeAsync(EmptyQuery(all), cancellationToken);
        }
        catch (EngineException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{statement.Name}': {exception.Message}", exception);
        }
    }

    private static string EmptyQuery(IReadOnlyList<StreamColumn> columns) =>
        $"SELECT {string.Join(", ", columns.Select(column => $"CAST(NULL AS {column.Type}) AS {EngineText.Quote(column.Name)}"))}";
}
