using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Plans queries for many workers. It knows the columns and sizes of tables, never their rows: DuckDB parses, binds and optimises each query over
/// descriptions, and the plan is cut into stages of SQL texts.
/// </summary>
/// <remarks>Thread-safe: calls wait for each other. Holds a DuckDB database in memory: dispose it.</remarks>
public sealed class DistributedPlanner : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SqlPlanner _planner;
    private readonly FileTables? _files;
    private readonly PlanCache _plans;

    private DistributedPlanner(SqlPlanner planner, FileTables? files, PlanCache plans)
    {
        _planner = planner;
        _files = files;
        _plans = plans;
    }

    /// <summary>Opens a planner without tables.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The engine cannot be loaded.</exception>
    public static Task<DistributedPlanner> OpenAsync(CancellationToken cancellationToken) => OpenAsync(null, cancellationToken);

    /// <summary>Opens a planner without tables that looks at the files which a query's text itself reads, so that such queries run in many tasks too.</summary>
    /// <param name="files">What looks at them; stays the caller's. Null: such queries run in one task.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The engine cannot be loaded.</exception>
    public static Task<DistributedPlanner> OpenAsync(FileTables? files, CancellationToken cancellationToken) => OpenAsync(files, QueryFunctions.None, cancellationToken);

    /// <summary>Opens a planner without tables, for queries that may call functions of the user's.</summary>
    /// <param name="files">What looks at files that a text reads; stays the caller's. Null: such queries run in one task.</param>
    /// <param name="functions">What queries may call. Whoever executes the plans must have the same functions.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The engine cannot be loaded, or refuses a function.</exception>
    /// <exception cref="ArgumentException">Names of functions clash.</exception>
    public static async Task<DistributedPlanner> OpenAsync(FileTables? files, QueryFunctions functions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(functions);
        var planner = await SqlPlanner.OpenAsync(functions, cancellationToken).ConfigureAwait(false);
        return new DistributedPlanner(planner, files, new PlanCache(await planner.ChangingFunctionsAsync(cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>Adds a table, or describes it anew.</summary>
    /// <param name="name">Its name; not case-sensitive.</param>
    /// <param name="query">A query that has its columns, such as <c>SELECT * FROM read_parquet('folder/*.parquet')</c>. It is prepared, never run.</param>
    /// <param name="estimatedRowCount">Rows of the table, at least 0: joins are ordered and tasks counted by it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The query is refused.</exception>
    public Task AddTableAsync(string name, string query, long estimatedRowCount, CancellationToken cancellationToken) =>
        AloneAsync(
            async () =>
            {
                await _planner.AddTableAsync(name, query, estimatedRowCount, cancellationToken).ConfigureAwait(false);
                _plans.Forget();
                return true;
            },
            cancellationToken);

    /// <summary>Adds a table as it was described, or describes it anew: what is known of its columns makes estimates better.</summary>
    /// <param name="name">Its name; not case-sensitive.</param>
    /// <param name="table">What is known of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">A name or type is refused.</exception>
    public Task AddTableAsync(string name, TableDescription table, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        return AloneAsync(
            async () =>
            {
                await _planner.AddTableAsync(name, table, cancellationToken).ConfigureAwait(false);
                _plans.Forget();
                return true;
            },
            cancellationToken);
    }

    /// <summary>Forgets a table; unknown names are ignored.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task RemoveTableAsync(string name, CancellationToken cancellationToken) =>
        AloneAsync(
            async () =>
            {
                await _planner.RemoveTableAsync(name, cancellationToken).ConfigureAwait(false);
                _plans.Forget();
                return true;
            },
            cancellationToken);

    /// <summary>Writes a query anew, with the queries of views in their places.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="views">The views that there are, by name and not case-sensitive: the query of each, which may read others.</param>
    /// <param name="names">What tables of other catalogs and schemas are called here, by their full names of three parts and not case-sensitive.</param>
    /// <param name="registered">How the catalog and the schema are called whose tables need no qualification.</param>
    /// <param name="cancellationToken">Interrupts the work.</param>
    /// <returns>The text; null where it would not mean the same, or is none that can be written anew.</returns>
    public Task<string?> ExpandViewsAsync(
        string sql, IReadOnlyDictionary<string, string> views, IReadOnlyDictionary<string, string> names, (string Catalog, string Schema) registered, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(views);
        ArgumentNullException.ThrowIfNull(names);
        return AloneAsync(() => new ViewTexts(_planner, views, names, registered).ExpandAsync(sql, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Plans a query. What cannot be distributed gives a plan of one task that runs the text as it is written, and says why; when not even its tables are
    /// known, the scans of that task are empty, and every table must be at hand.
    /// </summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; the message is DuckDB's.</exception>
    /// <exception cref="FlowException">Files that the text reads are gone, broken or unlike.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public async Task<DistributedPlan> PlanAsync(string sql, StageOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(options);
        if (await _plans.FindAsync(sql, options, files => DescribeAsync(files, cancellationToken)).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        var version = _plans.Version;
        var attempt = await CutAsync(sql, options, cancellationToken).ConfigureAwait(false);
        if (attempt.Cut is not { } cut)
        {
            return WithFunctions(attempt.Unread! with { Source = attempt });
        }

        var plan = WithFunctions(cut.ToDistributedPlan());
        _plans.Remember(sql, options, plan, attempt.Descriptions, version);
        return plan;
    }

    /// <summary>The stages of a query as text; see docs/sql.md for how to read it.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; the message is DuckDB's.</exception>
    /// <exception cref="FlowException">Files that the text reads are gone, broken or unlike.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Task<string> ExplainAsync(string sql, StageOptions options, CancellationToken cancellationToken) =>
        ExplainAsync(sql, options, ExplainFormat.Text, cancellationToken);

    /// <summary>The stages of a query for people, programs or drawing.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="format">How they are written.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; the message is DuckDB's.</exception>
    /// <exception cref="FlowException">Files that the text reads are gone, broken or unlike.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public async Task<string> ExplainAsync(string sql, StageOptions options, ExplainFormat format, CancellationToken cancellationToken)
    {
        var attempt = await CutAsync(sql, options, cancellationToken).ConfigureAwait(false);
        return PlanExplanation.Write(attempt, format, []);
    }

    /// <summary>Closes the planner's database. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _planner.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<PlanAttempt> CutAsync(string sql, StageOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (_files is not null && await AloneAsync(() => FileReads.FindAsync(_planner, sql, cancellationToken), cancellationToken).ConfigureAwait(false) is { } reads)
        {
            // Others plan while files are looked at.
            var descriptions = await DescribeAsync(reads.Files, cancellationToken).ConfigureAwait(false);
            var attempt = await AloneAsync(() => CutFilesAsync(sql, reads, descriptions, options, cancellationToken), cancellationToken).ConfigureAwait(false);
            return attempt with { Descriptions = descriptions };
        }

        return await AloneAsync(() => CutTextAsync(sql, sql, [], options, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<TableDescription>> DescribeAsync(IReadOnlyList<PlannedFiles> files, CancellationToken cancellationToken) =>
        await Task.WhenAll(files.Select(file => _files!.DescribeAsync(file.Source, cancellationToken))).ConfigureAwait(false);

    private async Task<PlanAttempt> CutFilesAsync(
        string sql, FileReads reads, IReadOnlyList<TableDescription> descriptions, StageOptions options, CancellationToken cancellationToken)
    {
        if (reads.Reasons.Count > 0)
        {
            // A text reads all its files in the same way, so that none can come to other rows than its neighbour.
            return await UnreadAsync(sql, reads.Reasons, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            for (var index = 0; index < descriptions.Count; index++)
            {
                await _planner.AddTableAsync(reads.Files[index].Table, descriptions[index], cancellationToken).ConfigureAwait(false);
            }

            return await CutTextAsync(reads.Sql, sql, reads.Files, options, cancellationToken).ConfigureAwait(false);
        }
        catch (EngineException exception) when (exception.Kind is not EngineErrorKind.Interrupted)
        {
            // Columns that only a reader itself has (filename, file_index), or a wrong text: then this says so, with the place in the text as it is written.
            return await UnreadAsync(sql, [$"the files are read as they are written: {FirstLine(exception.Message)}"], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var file in reads.Files)
            {
                await _planner.RemoveTableAsync(file.Table, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<PlanAttempt> CutTextAsync(
        string sql, string written, IReadOnlyList<PlannedFiles> files, StageOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var planned = await _planner.PlanAsync(sql, cancellationToken).ConfigureAwait(false);
            if (files.Count > 0 && planned.Names.Any(name => name.Contains(FileReads.NamePrefix, StringComparison.Ordinal)))
            {
                // A column without a name of its own is called as its text is written.
                planned = planned with { Names = new([.. await _planner.NamesAsync(written, cancellationToken).ConfigureAwait(false)]) };
            }

            return new PlanAttempt(StageCutter.Cut(planned, options, _planner.RowsOf, _planner.TableOf).Reading(files), null);
        }
        catch (PlanReadException exception)
        {
            return await UnreadAsync(written, [exception.Message], cancellationToken).ConfigureAwait(false);
        }
    }

    // Texts of stages call functions by their quoted names.
    private DistributedPlan WithFunctions(DistributedPlan plan)
    {
        var calls = _planner.FunctionNames.Select(name => (Name: name, Text: EngineText.Quote(name) + "(")).ToArray();
        return calls.Length == 0 ? plan : plan with
        {
            Stages =
            [
                .. plan.Stages.Select(stage => stage with
                {
                    Functions = [.. calls.Where(call => stage.Sql.Contains(call.Text, StringComparison.OrdinalIgnoreCase)).Select(call => call.Name)],
                }),
            ],
        };
    }

    // The right answer all the same: one task runs what the user wrote.
    private async Task<PlanAttempt> UnreadAsync(string sql, IReadOnlyList<string> reasons, CancellationToken cancellationToken)
    {
        var names = await _planner.NamesAsync(sql, cancellationToken).ConfigureAwait(false);
        var stage = new QueryStage { Id = 1, Sql = sql, ColumnTypes = [], TaskCount = 1, Notes = reasons };
        return new PlanAttempt(null, new DistributedPlan { Stages = [stage], Names = names, IsLocal = true, Reasons = reasons });
    }

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd();

    private async Task<T> AloneAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }
}
