using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Engine;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Plans queries over the tables that each of them names. One at a time: planning takes milliseconds.</summary>
internal sealed class QueryPlanner(IOptions<SqlGatewayOptions> options, GatewayExtensions extensions) : IAsyncDisposable
{
    // Descriptions beyond that are made anew when they are needed.
    private const int KnownColumnsMax = 1_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, (string EmptyQuery, long RowCount)> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<ArrowSchema, IReadOnlyList<string>> _columnTypes = [];
    private FileTables? _files;
    private DistributedPlanner? _planner;
    private EngineInstance? _engine;

    /// <summary>Whether texts may name files.</summary>
    public bool ReadsFiles { get; } = options.Value.DataFolders.Count + options.Value.WritableFolders.Count > 0;

    /// <summary>Plans a query.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="tables">The tables that it may name.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="cancellationToken">Interrupts the planning.</param>
    /// <returns>The plan; or null and why the query, or its tables, are none that can be planned.</returns>
    public async Task<(DistributedPlan? Plan, string? Fault)> PlanAsync(string sql, DescribedTables tables, StageOptions options, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _files ??= ReadsFiles ? await FileTables.OpenAsync(new FileTablesOptions(), cancellationToken) : null;
            _planner ??= await DistributedPlanner.OpenAsync(_files, extensions.Planned, cancellationToken);
            await DescribeAsync(_planner, tables.Tables, cancellationToken);
            var text = tables.ChangesText
                ? await _planner.ExpandViewsAsync(sql, tables.Views, tables.Names, (SqlTableName.Registered, ICatalogGrain.DefaultNamespace), cancellationToken)
                : sql;
            return text is null
                ? (null, "its views cannot be put in their places: the text hides what they read, or is none that can be written anew")
                : (await _planner.PlanAsync(text, options, cancellationToken), null);
        }
        catch (EngineException exception)
        {
            return (null, exception.Message.Split('\n')[0].TrimEnd());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The files that a plan of this planner reads by their paths.</summary>
    public IQueryTable Open(PlannedFiles files) => new FileQueryTable(files.Table, _files!.Open(files.Source));

    /// <summary>A call of a user's node in a plan of this planner.</summary>
    /// <exception cref="EngineException">A type of its columns has no counterpart in the engine.</exception>
    public async Task<IQueryTable> OpenAsync(PlannedCall call, CancellationToken cancellationToken) =>
        new NodeQueryTable(call, await EmptyQueryAsync(call.Shape.Schema, cancellationToken), extensions);

    /// <summary>A query with the columns of a schema as the engine sees them, and without rows.</summary>
    /// <exception cref="EngineException">A type has no counterpart in the engine.</exception>
    public async Task<string> EmptyQueryAsync(ArrowSchema schema, CancellationToken cancellationToken)
    {
        var types = await ColumnTypesAsync(schema, cancellationToken);
        return $"SELECT {string.Join(", ", schema.Fields.Zip(types, static (field, type) => $"CAST(NULL AS {type}) AS {EngineText.Quote(field.Name)}"))} WHERE false";
    }

    /// <summary>The engine's types of the columns of a schema.</summary>
    /// <exception cref="EngineException">A type has no counterpart in the engine.</exception>
    public async Task<IReadOnlyList<string>> ColumnTypesAsync(ArrowSchema schema, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_columnTypes.TryGetValue(schema, out var known))
            {
                return known;
            }

            _engine ??= await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
            await using var session = _engine.OpenSession();
            await session.RegisterBatchesAsync("columns", schema, [], cancellationToken);
            var columns = new List<string>();
            await using var result = await session.QueryAsync("SELECT column_type FROM (DESCRIBE SELECT * FROM temp.columns)", null, cancellationToken);
            await foreach (var batch in result.ReadAllAsync(cancellationToken))
            {
                using (batch)
                {
                    for (var row = 0; row < batch.RowCount; row++)
                    {
                        columns.Add((string)batch.Column(0).GetValue(row)!);
                    }
                }
            }

            if (_columnTypes.Count >= KnownColumnsMax)
            {
                _columnTypes.Clear();
            }

            return _columnTypes[schema] = columns;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_planner is not null)
        {
            await _planner.DisposeAsync();
        }

        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        if (_files is not null)
        {
            await _files.DisposeAsync();
        }

        _turn.Dispose();
    }

    /// <summary>Makes the planner know these tables, as they are now, and no others.</summary>
    private async Task DescribeAsync(DistributedPlanner planner, IReadOnlyList<IDescribedTable> tables, CancellationToken cancellationToken)
    {
        foreach (var gone in _tables.Keys.Where(name => !tables.Any(table => table.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            _tables.Remove(gone);
            await planner.RemoveTableAsync(gone, cancellationToken);
        }

        foreach (var table in tables)
        {
            if (!_tables.TryGetValue(table.Name, out var known) || known != (table.EmptyQuery, table.RowCount))
            {
                _tables.Remove(table.Name);
                await (table.Description is { } description
                    ? planner.AddTableAsync(table.Name, description, cancellationToken)
                    : planner.AddTableAsync(table.Name, table.EmptyQuery, table.RowCount, cancellationToken));
                _tables[table.Name] = (table.EmptyQuery, table.RowCount);
            }
        }
    }
}
