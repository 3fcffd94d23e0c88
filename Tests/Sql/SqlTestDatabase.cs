using OrleansFlow.Engine;
using OrleansFlow.Sql.Planning;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.Sql.SqlTestDatabase))]

namespace OrleansFlow.Tests.Sql;

/// <summary>The tables of <c>Tests/Sql/Data</c> in one database, and a planner that knows their columns. Made once for all tests.</summary>
public sealed class SqlTestDatabase : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, long> _rows = new(StringComparer.OrdinalIgnoreCase);
    private SqlPlanner? _planner;

    /// <summary>Where queries run; take a session of your own.</summary>
    public EngineInstance Instance { get; private set; } = null!;

    /// <summary>Names of the tables.</summary>
    public IReadOnlyList<string> Tables { get; private set; } = [];

    /// <summary>Rows of a table.</summary>
    public long RowsOf(string table) => _rows[table];

    public async ValueTask InitializeAsync()
    {
        Instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, CancellationToken.None);
        _planner = await SqlPlanner.OpenAsync(CancellationToken.None);
        await using var session = Instance.OpenSession();
        foreach (var file in Directory.EnumerateFiles(QueryText.Folder("Data"), "*.sql").Order(StringComparer.Ordinal))
        {
            await session.ExecuteAsync(await File.ReadAllTextAsync(file), null, CancellationToken.None);
        }

        var tables = await RowsAsync(session, "SELECT table_name, estimated_size FROM duckdb_tables() ORDER BY table_name");
        Tables = [.. tables.Select(table => (string)table[0]!)];
        foreach (var table in tables)
        {
            var name = (string)table[0]!;
            _rows[name] = (long)table[1]!;
            var columns = (await RowsAsync(session, $"DESCRIBE {name}")).Select(column => $"CAST(NULL AS {column[1]}) AS {EngineText.Quote((string)column[0]!)}");
            await _planner.AddTableAsync(name, $"SELECT {string.Join(", ", columns)}", (long)table[1]!, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_planner is not null)
        {
            await _planner.DisposeAsync();
        }

        await Instance.DisposeAsync();
        _gate.Dispose();
    }

    /// <summary>Plans a query; the planner takes one at a time.</summary>
    internal async Task<PlannedQuery> PlanAsync(string sql, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await _planner!.PlanAsync(sql, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The answer as texts, a row a text; in the order of the query, or sorted when that has no order.</summary>
    /// <remarks>Floating-point columns are compared to nine digits: the order in which partial sums meet changes the last ones.</remarks>
    internal static async Task<List<string>> AnswerAsync(EngineSession session, string sql, bool isOrdered)
    {
        var columns = await RowsAsync(session, $"DESCRIBE {sql}");
        var names = columns.Select((_, index) => $"a{index}").ToArray();
        var texts = columns.Select((column, index) => column[1] is "DOUBLE" or "FLOAT"
            ? $"coalesce(printf('%.9g', CASE WHEN {names[index]} = 0 THEN 0 ELSE {names[index]} END), 'NULL')"
            : $"coalesce(CAST({names[index]} AS VARCHAR), 'NULL')");
        var rows = await RowsAsync(session, $"SELECT concat_ws(' | ', {string.Join(", ", texts)}) FROM ({sql}) AS answer({string.Join(", ", names)})");
        var result = rows.Select(row => (string)row[0]!).ToList();
        if (!isOrdered)
        {
            result.Sort(StringComparer.Ordinal);
        }

        result.Insert(0, string.Join(" | ", columns.Select(column => $"{column[0]} {column[1]}")));
        return result;
    }

    internal static async Task<List<object?[]>> RowsAsync(EngineSession session, string sql)
    {
        var rows = new List<object?[]>();
        await using var result = await session.QueryAsync(sql, null, CancellationToken.None);
        await foreach (var batch in result.ReadAllAsync(CancellationToken.None))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add([.. batch.Columns.Select(column => column.GetValue(row))]);
                }
            }
        }

        return rows;
    }
}
