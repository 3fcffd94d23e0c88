using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Lets DuckDB parse, bind and optimise a query over tables that are only described, and reads the plan. It has a database of its own,
/// without rows: the settings of planning must not reach those that execute.
/// </summary>
/// <remarks>One query at a time; open several for more.</remarks>
internal sealed class SqlPlanner : IAsyncDisposable
{
    // These optimisers make what SQL has no words for, or decide what is decided later by where the rows are:
    // statistics_propagation drops what "cannot" exist in tables without rows and adds overflow-free functions; compressed_materialization and
    // late_materialization add internal functions and row numbers; build_side_probe_side turns joins round; sampling_pushdown hides a sample in a scan;
    // window_self_join makes joins of windows; unused_columns, column_lifetime and top_n_window_elimination leave plans that cannot be serialized.
    private const string Disabled =
        "statistics_propagation,compressed_materialization,late_materialization,build_side_probe_side,"
        + "join_filter_pushdown,sampling_pushdown,window_self_join,unused_columns,column_lifetime,top_n_window_elimination";

    // What a second attempt does without, when the first plan could not be serialized all the same.
    private const string DisabledToo = ",common_subplan,cte_inlining,cte_filter_pusher,unnest_rewriter";

    private readonly EngineInstance _instance;
    private readonly EngineSession _session;
    private readonly Dictionary<long, string> _tables = [];
    private readonly Dictionary<string, long> _ids = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> _rowCounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, TableDescription> _descriptions = new(StringComparer.OrdinalIgnoreCase);

    private readonly CallReads _calls;
    private string _disabled = Disabled;

    private SqlPlanner(EngineInstance instance, EngineSession session, CallReads calls)
    {
        _instance = instance;
        _session = session;
        _calls = calls;
    }

    /// <summary>Names of the user's functions that tasks call.</summary>
    public IEnumerable<string> FunctionNames => _calls.Names;

    /// <summary>Opens a planner without tables.</summary>
    public static Task<SqlPlanner> OpenAsync(CancellationToken cancellationToken) => OpenAsync(QueryFunctions.None, cancellationToken);

    /// <summary>Opens a planner without tables, for queries that may call functions of the user's.</summary>
    public static async Task<SqlPlanner> OpenAsync(QueryFunctions functions, CancellationToken cancellationToken)
    {
        var calls = new CallReads(functions);
        var options = new EngineOptions { ThreadCount = 1, Functions = [.. calls.EngineFunctions, ArrowFunction.Create()], FileReaders = ArrowFunction.FileReaders };
        var instance = await EngineInstance.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        try
        {
            var session = instance.OpenSession();
            await session.ExecuteAsync(Set(Disabled), null, cancellationToken).ConfigureAwait(false);
            return new SqlPlanner(instance, session, calls);
        }
        catch
        {
            await instance.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Adds a table, or describes it anew.</summary>
    /// <param name="name">Its name; not case-sensitive.</param>
    /// <param name="query">A query with its columns; never run.</param>
    /// <param name="estimatedRowCount">Rows to plan with.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The query is refused.</exception>
    public async Task AddTableAsync(string name, string query, long estimatedRowCount, CancellationToken cancellationToken)
    {
        var id = await _session.RegisterStubAsync(name, query, estimatedRowCount, cancellationToken).ConfigureAwait(false);
        if (_ids.Remove(name, out var old))
        {
            _tables.Remove(old);
        }

        _ids[name] = id;
        _tables[id] = name;
        _rowCounts[name] = estimatedRowCount;
        _descriptions.Remove(name);
    }

    /// <summary>Adds a table of which more is known, or describes it anew.</summary>
    /// <exception cref="EngineException">A type or name is refused.</exception>
    public async Task AddTableAsync(string name, TableDescription table, CancellationToken cancellationToken)
    {
        await AddTableAsync(name, table.EmptyQuery, table.RowCount, cancellationToken).ConfigureAwait(false);
        _descriptions[name] = table;
    }

    /// <summary>What else is known of a table; null: nothing.</summary>
    public TableDescription? TableOf(string table) => _descriptions.GetValueOrDefault(table);

    /// <summary>Whether a table has that name.</summary>
    public bool Knows(string table) => _ids.ContainsKey(table);

    /// <summary>Rows that a table is planned with.</summary>
    public long RowsOf(string table) => _rowCounts.GetValueOrDefault(table);

    /// <summary>Forgets a table; unknown names are ignored.</summary>
    public async Task RemoveTableAsync(string name, CancellationToken cancellationToken)
    {
        await _session.UnregisterAsync(name, cancellationToken).ConfigureAwait(false);
        _rowCounts.Remove(name);
        _descriptions.Remove(name);
        if (_ids.Remove(name, out var id))
        {
            _tables.Remove(id);
        }
    }

    /// <summary>Plans a query.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; DuckDB's message.</exception>
    /// <exception cref="PlanReadException">The query is right, but its plan cannot be distributed.</exception>
    public async Task<PlannedQuery> PlanAsync(string sql, CancellationToken cancellationToken)
    {
        var names = await NamesAsync(sql, cancellationToken).ConfigureAwait(false);
        var plan = await ReadAsync(sql, cancellationToken).ConfigureAwait(false);
        var calls = await _calls.BindAsync(_session, cancellationToken).ConfigureAwait(false);
        foreach (var call in calls)
        {
            _rowCounts[call.Table] = call.Shape.EstimatedRowCount;
            _descriptions[call.Table] = new TableDescription { Columns = [], RowCount = call.Shape.EstimatedRowCount, PartCountMax = call.Shape.PartCountMax };
        }

        return names.Count == plan.Types.Count
            ? new PlannedQuery(sql, PlanSimplifier.Simplify(ColumnPruner.Prune(KeyJoins.Apply(PlanSimplifier.Simplify(ColumnPruner.Prune(plan))))), new([.. names])) { Calls = calls }
            : throw new PlanReadException($"the plan has {plan.Types.Count} columns and the query {names.Count}");
    }

    /// <summary>Joins are planned in the order of the text from now on: for tables that can only be read once other rows are there.</summary>
    public Task KeepJoinOrderAsync(CancellationToken cancellationToken)
    {
        _disabled = Disabled + ",join_order";
        return _session.ExecuteAsync(Set(_disabled), null, cancellationToken);
    }

    /// <summary>Runs a statement that later ones build on, such as a view or a macro.</summary>
    /// <exception cref="EngineException">The statement failed.</exception>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => _session.ExecuteAsync(sql, null, cancellationToken);

    /// <summary>The columns of a query, which is not run.</summary>
    /// <exception cref="EngineException">The query is wrong.</exception>
    public async Task<ArrowSchema> DescribeAsync(string sql, CancellationToken cancellationToken)
    {
        var (statement, shape) = await _session.PrepareOneAsync(sql, cancellationToken).ConfigureAwait(false);
        await statement.DisposeAsync().ConfigureAwait(false);
        return shape.Result ?? throw new PlanReadException("the text is no query");
    }

    /// <summary>The one text that a statement over texts gives.</summary>
    /// <exception cref="EngineException">The statement failed.</exception>
    public async Task<string> TextAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        await foreach (var text in TextsAsync(sql, parameters, cancellationToken).ConfigureAwait(false))
        {
            return text;
        }

        throw new PlanReadException("DuckDB gave no text");
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync().ConfigureAwait(false);
        await _instance.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Functions, and macros over them, whose value is not the same each time, though planning makes a constant of some.</summary>
    public async Task<IReadOnlyList<string>> ChangingFunctionsAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT DISTINCT function_name FROM duckdb_functions()
            WHERE stability <> 'CONSISTENT' OR macro_definition ILIKE '%current%' OR macro_definition ILIKE '%now(%'
            """;
        var names = new List<string>();
        await foreach (var name in TextsAsync(sql, [], cancellationToken).ConfigureAwait(false))
        {
            names.Add(name);
        }

        return names;
    }

    /// <summary>Names of a query's columns.</summary>
    /// <exception cref="EngineException">The query is wrong.</exception>
    public async Task<IReadOnlyList<string>> NamesAsync(string sql, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var row in TextsAsync($"SELECT column_name FROM (DESCRIBE {sql.TrimEnd().TrimEnd(';')})", [], cancellationToken).ConfigureAwait(false))
        {
            names.Add(row);
        }

        return names;
    }

    private static string Set(string optimizers) => $"SET disabled_optimizers = '{optimizers}'";

    private async Task<PlanNode> ReadAsync(string sql, CancellationToken cancellationToken)
    {
        var text = await SerializeAsync(sql, cancellationToken).ConfigureAwait(false);
        if (text.StartsWith("{\"error\":true", StringComparison.Ordinal))
        {
            await _session.ExecuteAsync(Set(_disabled + DisabledToo), null, cancellationToken).ConfigureAwait(false);
            try
            {
                text = await SerializeAsync(sql, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await _session.ExecuteAsync(Set(_disabled), null, CancellationToken.None).ConfigureAwait(false);
            }
        }

        _calls.Clear();
        return new PlanReader(id => _tables.GetValueOrDefault(id), _calls).Read(text);
    }

    private async Task<string> SerializeAsync(string sql, CancellationToken cancellationToken)
    {
        const string call = "SELECT CAST(json_serialize_plan(CAST($1 AS VARCHAR), skip_null := true, skip_empty := false, optimize := true) AS VARCHAR)";
        return await TextAsync(call, [sql], cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<string> TextsAsync(
        string sql, object?[] parameters, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var result = await _session.QueryAsync(sql, parameters, cancellationToken).ConfigureAwait(false);
        await using (result.ConfigureAwait(false))
        {
            while (await result.ReadAsync(cancellationToken).ConfigureAwait(false) is { } batch)
            {
                using (batch)
                {
                    for (var row = 0; row < batch.RowCount; row++)
                    {
                        yield return (string)batch.Columns[0].GetValue(row)!;
                    }
                }
            }
        }
    }
}
