using OrleansFlow.Benchmarks.Queries.Clicks;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Stars;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Queries;

/// <summary>
/// The query sets over their generated tables: each query runs, finds something, and says the same however the engine is driven. That is
/// what makes them fit to compare two engines with.
/// </summary>
public sealed class QuerySetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tpch", 22)]
    [InlineData("clicks", 43)]
    [InlineData("stars", 40)]
    public async Task Queries_OfASet_FindTheSameWithOneThreadAndWithTwo(string name, int count)
    {
        var (tables, queries) = Set(name);
        var folder = Directory.CreateTempSubdirectory("flow-sets-");
        try
        {
            await TableFiles.WriteAsync(
                tables, folder.FullName, new TableFileOptions { FileCount = 4, FileUnitsMin = 10, RowGroupRowCount = 4_096, ThreadCount = 2 }, Token);
            await using var one = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
            await using var two = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2, PreserveInsertionOrder = false }, Token);
            await using var oneSession = one.OpenSession();
            await using var twoSession = two.OpenSession();
            await oneSession.ExecuteAsync(TableFiles.CreateViewsSql(tables, folder.FullName), null, Token);
            await twoSession.ExecuteAsync(TableFiles.CreateTablesSql(tables, folder.FullName), null, Token);
            var report = await DifferentialRun.CompareAsync(
                queries,
                (query, token) => ResultTable.QueryAsync(oneSession, query.Sql, token),
                (query, token) => ResultTable.QueryAsync(twoSession, query.Sql, token),
                Token);

            // At a size as small as this one, a few TPC-H queries look for what is not there.
            Assert.True(report.Problems.Count == 0, report.ToString());
            Assert.InRange(report.NonEmpty, name == "tpch" ? 18 : count, count);
            Assert.Equal(count, queries.Select(query => query.Name).Distinct().Count());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (TableSet Tables, IReadOnlyList<QueryText> Queries) Set(string name) => name switch
    {
        "tpch" => (TpchTables.Create(TpchFiles.Scale), TpchQueries.At(TpchFiles.Scale)),
        "clicks" => (ClickTables.Create(20_000), ClickTables.Queries),
        _ => (StarTables.Create(new StarScale(4_000)), StarTables.Queries),
    };
}
