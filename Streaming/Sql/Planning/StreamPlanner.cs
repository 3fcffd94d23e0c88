using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>
/// Plans a streaming text. The engine parses, binds and optimises its queries over tables that are only described; what keeps nothing between rows becomes a text
/// for the engine again, and a group by a window an operator of windows.
/// </summary>
public sealed class StreamPlanner : IAsyncDisposable
{
    private const uint ParallelismMax = 1_024;

    private readonly SqlPlanner _planner;
    private readonly StreamTables _tables;
    private readonly ProgramBuilder _program = new();
    private readonly StreamQueries _queries;
    private readonly StreamPlanOptions _options;
    private CheckpointBarriers _barriers = CheckpointBarriers.Aligned;
    private readonly Dictionary<string, PlannedSink> _sinks = new(StringComparer.OrdinalIgnoreCase);

    private StreamPlanner(SqlPlanner planner, StreamPlanOptions options)
    {
        _planner = planner;
        _options = options;
        _tables = new StreamTables(planner, _program, options);
        _queries = new StreamQueries(planner, _tables, _program, options);
    }

    /// <summary>Plans a text.</summary>
    /// <param name="text">Its statements.</param>
    /// <param name="options">Connectors, parallelism.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    /// <exception cref="FlowException">
    /// <c>bad_input</c>: the text is wrong; <c>bad_option</c>: an option of a connector is; <c>unsupported</c>: streams cannot do it. The message names the thing.
    /// </exception>
    public static async Task<Program> PlanAsync(string text, StreamPlanOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var statements = StreamSqlParser.Parse(text);
        var functions = FunctionDeclarations.Of(statements, options.ReadFunctionFile);
        var planner = await SqlPlanner.OpenAsync(new QueryFunctions { Functions = [.. WindowCalls.Functions, .. functions.Select(function => function.Placeholder())] }, cancellationToken);
        await using var streams = new StreamPlanner(planner, options);
        streams._program.Program.Functions.Add(functions.Select(function => function.Function));
        foreach (var macro in WindowCalls.Macros)
        {
            await planner.ExecuteAsync(macro, cancellationToken);
        }

        await FunctionDeclarations.RefuseTakenNamesAsync(functions, planner, cancellationToken);
        foreach (var statement in statements)
        {
            await streams.AddAsync(statement, cancellationToken);
        }

        await streams.AddSinksAsync(cancellationToken);
        return streams._program.Program.Nodes.Any(node => node.Chain[0].OutputSchema.IsEmpty)
            ? streams._program.Program
            : throw new FlowException(FlowErrorCode.BadInput, "The text has no INSERT INTO and no SELECT: nothing would run.");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    private async Task AddAsync(StreamStatement statement, CancellationToken cancellationToken)
    {
        switch (statement)
        {
            case CreateFunctionStatement:
                // All of them are known before the first statement is planned.
                break;
            case CreateTableStatement table:
                await CreateAsync(table, cancellationToken);
                break;
            case CreateViewStatement view:
                await TellAsync(
                    view.Query,
                    async () =>
                    {
                        await _planner.ExecuteAsync($"CREATE VIEW {EngineText.Quote(view.Name)} AS {view.Query.Text}", cancellationToken);
                        return true;
                    });
                break;
            case InsertStatement insert:
                await InsertAsync(insert, cancellationToken);
                break;
            case SelectStatement select:
                await PreviewAsync(select, cancellationToken);
                break;
            case SetStatement set:
                await SetAsync(set, cancellationToken);
                break;
        }
    }

    private async Task SetAsync(SetStatement set, CancellationToken cancellationToken)
    {
        var isDefault = string.Equals(set.Value, "DEFAULT", StringComparison.OrdinalIgnoreCase);
        switch (set.Name)
        {
            case "updating_ttl":
                _queries.UpdatingTtlMicros = isDefault ? _options.UpdatingTtl.Ticks / TimeSpan.TicksPerMicrosecond : await IntervalAsync(set, cancellationToken);
                break;
            case "parallelism":
                _tables.Parallelism = isDefault ? null
                    : uint.TryParse(set.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= ParallelismMax ? count
                    : throw new FlowException(FlowErrorCode.BadOption, FormattableString.Invariant($"SET parallelism: {set.Value} is no whole number from 1 to {ParallelismMax}, and not DEFAULT."));
                _queries.Parallelism = _tables.Parallelism ?? _options.Parallelism;
                break;
            case CheckpointBarriers.BarriersOption:
                _barriers = _barriers with { IsUnaligned = !isDefault && CheckpointBarriers.ParseKind(set.Value.Trim('\'')) };
                _barriers.WriteTo(_program.Program);
                break;
            case "alignment_timeout":
                _barriers = _barriers with { AlignmentTimeout = isDefault ? CheckpointBarriers.Aligned.AlignmentTimeout : await AlignmentTimeoutAsync(set, cancellationToken) };
                _barriers.WriteTo(_program.Program);
                break;
            default:
                throw new FlowException(FlowErrorCode.BadOption, $"There is no option '{set.Name}' to SET; there are: alignment_timeout, checkpoint_barriers, parallelism, updating_ttl.");
        }
    }

    /// <summary>An interval in whole milliseconds, or 0: barriers overtake at once.</summary>
    private async Task<TimeSpan> AlignmentTimeoutAsync(SetStatement set, CancellationToken cancellationToken)
    {
        var micros = set.Value.Trim('\'') == "0" ? 0 : await IntervalAsync(set, cancellationToken);
        var timeout = TimeSpan.FromMilliseconds(micros / 1_000);
        return timeout <= CheckpointBarriers.AlignmentTimeoutMax
            ? timeout
            : throw new FlowException(FlowErrorCode.BadOption, $"SET {set.Name}: {set.Value} is longer than 1 day.");
    }

    private async Task<long> IntervalAsync(SetStatement set, CancellationToken cancellationToken)
    {
        var text = set.Value.StartsWith("INTERVAL", StringComparison.OrdinalIgnoreCase) ? set.Value["INTERVAL".Length..].Trim().Trim('\'') : set.Value;
        return await MicrosAsync(text, cancellationToken) is var micros and > 0
            ? micros
            : throw new FlowException(FlowErrorCode.BadOption, $"SET {set.Name}: {set.Value} is no interval above zero without months, such as INTERVAL '1 hour'.");
    }

    /// <summary>An interval in microseconds, or nothing above zero when it is none.</summary>
    private async Task<long> MicrosAsync(string text, CancellationToken cancellationToken)
    {
        const string call = "SELECT coalesce(CAST(TRY_CAST(CAST($1 AS VARCHAR) AS INTERVAL) AS VARCHAR), '')";
        return IntervalText.TryRead(await _planner.TextAsync(call, [text], cancellationToken), out var micros) ? micros : 0;
    }

    private async Task CreateAsync(CreateTableStatement table, CancellationToken cancellationToken)
    {
        if (table.Query is not { } query)
        {
            await _tables.AddAsync(table, cancellationToken);
            return;
        }

        if (table.Options.Count == 0 && table.Columns.Count == 0)
        {
            var planned = await PlanAsync(query, cancellationToken);
            table = table with { Columns = [.. planned.Names.Select((name, place) => new StreamColumn(name, planned.Plan.Types[place].ToString()))] };
        }

        await _tables.AddAsync(table, cancellationToken);
        await InsertAsync(new InsertStatement(table.Start, table.Name, [], query), cancellationToken);
    }

    private async Task PreviewAsync(SelectStatement select, CancellationToken cancellationToken)
    {
        var planned = await PlanAsync(select.Query, cancellationToken);
        var part = await _queries.AddAsync(planned.Plan, "select", cancellationToken);
        var names = ColumnNames.Unique(planned.Names);
        var preview = _options.Preview with { Config = _options.Preview.Config ?? _options.PreviewConfig(part.IsUpdating ? [.. names, ChangeRows.RetractColumn] : names) };
        _program.Add("preview", preview, null, part.Parallelism, part);
    }

    private async Task InsertAsync(InsertStatement insert, CancellationToken cancellationToken)
    {
        var table = _tables.Require(insert.Table, insert.Start);
        if (table.Lookup is not null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"attempted to insert into table '{insert.Table}', but it is a lookup: a TEMPORARY table is only looked up.");
        }

        TableMetadata.CheckWritten(table);
        var planned = await PlanAsync(insert.Query, cancellationToken);
        if (table.Columns.Count == 0)
        {
            table = await _tables.InferAsync(table, planned.Names, planned.Plan.Types, cancellationToken);
        }

        var plan = table.Function is null ? StreamTables.Fit(insert, table, planned.Names, planned.Plan) : planned.Plan;
        var changes = await ResultChanges.OfAsync(insert, text => MicrosAsync(text, cancellationToken));
        var late = LateRows.Of(insert, _tables);
        _queries.ResultChanges = changes;
        _queries.Late = late;
        var part = await _queries.AddAsync(plan, insert.Table, cancellationToken);
        _queries.Late = null;
        await AddLateAsync(late, cancellationToken);
        if (table.Connector is not { } connector)
        {
            _tables.Fill(table, _queries.AddFunction(table, part, planned.Names), part.IsUpdating ? new HashSet<int>() : _queries.WindowsOf(plan));
            return;
        }

        if (changes is not null && !connector.TakesChanges(table.Statement))
        {
            throw changes.WrongSink();
        }

        if (part.IsUpdating && !connector.TakesChanges(table.Statement))
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"Table '{insert.Table}' takes rows that stay, and rows of this query are taken back when they change: an aggregate or a join has no window, or a table that it reads is of format debezium_json. Give the table format = 'debezium_json', or group by a window.");
        }

        AddToSink(table, connector, plan.Types, part);
    }

    private async Task AddLateAsync(LateRows? late, CancellationToken cancellationToken)
    {
        if (late is not null)
        {
            TableMetadata.CheckWritten(late.Table);
            var table = late.Table.Columns.Count > 0 ? late.Table : await _tables.InferAsync(late.Table, late.Names, late.Types, cancellationToken);
            var part = await _queries.FitLateAsync(late, table, cancellationToken);
            AddToSink(table, table.Connector!, [.. LateRows.Targets(table).Select(column => new SqlType(column.Type))], part);
        }
    }

    private void AddToSink(StreamTable table, StreamConnector connector, ValueList<SqlType> types, StreamPart part)
    {
        var name = table.Statement.Name;
        if (!_sinks.TryGetValue(name, out var sink))
        {
            _sinks[name] = sink = new PlannedSink(name, connector.Sink(table.Statement, table.Schema), table.Parallelism, types, []);
        }

        sink.Parts.Add(part);
    }

    /// <summary>A table is written by one sink, whatever is inserted into it: two of them would write over one another.</summary>
    private async Task AddSinksAsync(CancellationToken cancellationToken)
    {
        foreach (var sink in _sinks.Values)
        {
            var part = await _queries.MergeAsync(sink.Parts, sink.Types, sink.Table, cancellationToken);
            _program.Add(sink.Table, sink.Plan, null, Math.Min(sink.Parallelism ?? part.Parallelism, sink.Plan.ParallelismMax), part);
        }
    }

    private Task<PlannedQuery> PlanAsync(SqlPart query, CancellationToken cancellationToken) => TellAsync(query, () => _planner.PlanAsync(query.Text, cancellationToken));

    /// <summary>Says where in the text the engine's complaint belongs.</summary>
    private static async Task<T> TellAsync<T>(SqlPart part, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is EngineException or OrleansFlow.Sql.Reading.PlanReadException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The query at character {part.Start + 1}: {exception.Message}", exception);
        }
    }

    private sealed record PlannedSink(string Table, StreamOperatorPlan Plan, uint? Parallelism, ValueList<SqlType> Types, List<StreamPart> Parts);
}
