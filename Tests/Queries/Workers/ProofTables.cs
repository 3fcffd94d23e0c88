using OrleansFlow.Benchmarks.Queries.Clicks;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Stars;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;
using OrleansFlow.Engine;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.Queries.Workers.ProofTables))]

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// Files of the TPC-H-derived, the TPC-DS-shaped and the ClickBench-shaped tables, the queries over them, and what DuckDB alone answers. Each query
/// names its files, so that one text runs on both sides.
/// </summary>
public sealed class ProofTables : IAsyncLifetime
{
    internal static readonly TpchScale Scale = new(0.01);

    private readonly Dictionary<string, ResultTable> _answers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private EngineInstance? _alone;

    public string Folder { get; } = Directory.CreateTempSubdirectory("flow-proof-").FullName;

    /// <summary>All queries of all sets; their names begin with the set's.</summary>
    public IReadOnlyList<QueryText> Queries { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var queries = new List<QueryText>();
        await AddAsync(queries, "tpch", TpchTables.Create(Scale), TpchQueries.At(Scale));
        await AddAsync(queries, "stars", StarTables.Create(new StarScale(4_000)), StarTables.Queries);
        await AddAsync(queries, "clicks", ClickTables.Create(20_000), ClickTables.Queries);
        Queries = queries;
        _alone = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_alone is not null)
        {
            await _alone.DisposeAsync();
        }

        _turn.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What DuckDB alone answers over the same files; asked once for each text.</summary>
    public async Task<ResultTable> AloneAsync(string sql, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_answers.TryGetValue(sql, out var answer))
            {
                await using var session = _alone!.OpenSession();
                _answers[sql] = answer = await ResultTable.QueryAsync(session, sql, cancellationToken);
            }

            return answer;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task AddAsync(List<QueryText> queries, string name, TableSet tables, IReadOnlyList<QueryText> texts)
    {
        var folder = Path.Combine(Folder, name);
        await TableFiles.WriteAsync(
            tables, folder, new TableFileOptions { FileCount = 3, FileUnitsMin = 10, RowGroupRowCount = 4_096, ThreadCount = 2 }, CancellationToken.None);
        queries.AddRange(texts.Select(query => query with { Name = $"{name} {query.Name}", Sql = FileQuery.Over(query.Sql, tables, folder) }));
    }
}
