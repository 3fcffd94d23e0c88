using OrleansFlow.Engine;
using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Stages;

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

    private DistributedPlanner(SqlPlanner planner) => _planner = planner;

    /// <summary>Opens a planner without tables.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The engine cannot be loaded.</exception>
    public static async Task<DistributedPlanner> OpenAsync(CancellationToken cancellationToken) =>
        new(await SqlPlanner.OpenAsync(cancellationToken).ConfigureAwait(false));

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
                return true;
            },
            cancellationToken);

    /// <summary>Forgets a table; unknown names are ignored.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task RemoveTableAsync(string name, CancellationToken cancellationToken) =>
        AloneAsync(
            async () =>
            {
                await _planner.RemoveTableAsync(name, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    /// <summary>
    /// Plans a query. What cannot be distributed gives a plan of one task that runs the text as it is written, and says why; when not even its tables are
    /// known, the scans of that task are empty, and every table must be at hand.
    /// </summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; the message is DuckDB's.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public async Task<DistributedPlan> PlanAsync(string sql, StageOptions options, CancellationToken cancellationToken)
    {
        var (cut, unread) = await CutAsync(sql, options, cancellationToken).ConfigureAwait(false);
        return cut?.ToDistributedPlan() ?? unread!;
    }

    /// <summary>The stages of a query as text; see docs/sql.md for how to read it.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <exception cref="EngineException">The query is wrong; the message is DuckDB's.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public async Task<string> ExplainAsync(string sql, StageOptions options, CancellationToken cancellationToken)
    {
        var (cut, unread) = await CutAsync(sql, options, cancellationToken).ConfigureAwait(false);
        return cut is not null ? PlanText.Write(cut) : PlanText.WriteUnread(unread!.Reasons);
    }

    /// <summary>Closes the planner's database. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _planner.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task<(CutPlan? Cut, DistributedPlan? Unread)> CutAsync(string sql, StageOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return await AloneAsync<(CutPlan?, DistributedPlan?)>(
            async () =>
            {
                try
                {
                    return (StageCutter.Cut(await _planner.PlanAsync(sql, cancellationToken).ConfigureAwait(false), options, _planner.RowsOf), null);
                }
                catch (PlanReadException exception)
                {
                    // The right answer all the same: one task runs what the user wrote.
                    var names = await _planner.NamesAsync(sql, cancellationToken).ConfigureAwait(false);
                    var stage = new QueryStage { Id = 1, Sql = sql, ColumnTypes = [], TaskCount = 1, Notes = [exception.Message] };
                    return (null, new DistributedPlan { Stages = [stage], Names = names, IsLocal = true, Reasons = [exception.Message] });
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

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
