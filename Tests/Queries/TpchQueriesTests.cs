using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;

namespace OrleansFlow.Tests.Queries;

/// <summary>The 22 queries over the generated files.</summary>
public sealed class TpchQueriesTests(TpchFiles files)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Queries_AreTwentyTwo() =>
        Assert.Equal(Enumerable.Range(1, 22).Select(number => $"q{number:00}"), TpchQueries.At(TpchFiles.Scale).Select(query => query.Name));

    /// <summary>Rows at scale factor 0.01 that follow from the schema, or at least that there are any.</summary>
    [Theory]
    [InlineData("q01", 4, 4)]
    [InlineData("q02", 1, 100)]
    [InlineData("q03", 10, 10)]
    [InlineData("q04", 5, 5)]
    [InlineData("q05", 5, 5)]
    [InlineData("q06", 1, 1)]
    [InlineData("q07", 4, 4)]
    [InlineData("q08", 2, 2)]
    [InlineData("q09", 170, 175)]
    [InlineData("q10", 20, 20)]
    [InlineData("q11", 0, 300)]
    [InlineData("q12", 2, 2)]
    [InlineData("q13", 20, 50)]
    [InlineData("q14", 1, 1)]
    [InlineData("q15", 1, 1)]
    [InlineData("q16", 100, 400)]
    [InlineData("q17", 1, 1)]
    [InlineData("q18", 0, 20)]
    [InlineData("q19", 1, 1)]
    [InlineData("q20", 0, 4)]
    [InlineData("q21", 1, 10)]
    [InlineData("q22", 7, 7)]
    public async Task Query_OverTheFiles_HasItsRows(string name, int least, int most)
    {
        var query = TpchQueries.At(TpchFiles.Scale).Single(query => query.Name == name);

        var rows = await files.RowsAsync(query.Sql, Token);

        Assert.InRange(rows.Count, least, most);
        Assert.All(query.Order, place => Assert.InRange(place, 0, (rows.FirstOrDefault()?.Length ?? int.MaxValue) - 1));
    }

    /// <summary>At a tenth, the queries that look for something rare find it too.</summary>
    [Fact]
    public async Task Queries_AtATenth_AllFindSomething()
    {
        var scale = new TpchScale(0.1);
        await using var tenth = new TpchTenth(scale);
        await tenth.InitializeAsync();

        foreach (var query in TpchQueries.At(scale))
        {
            var rows = await tenth.RowsAsync(query.Sql, Token);
            Assert.True(rows.Count > 0 && rows[0].All(value => value is not null), $"{query.Name} finds nothing.");
        }
    }

    private sealed class TpchTenth(TpchScale scale) : GeneratedFiles(
        TpchTables.Create(scale), new TableFileOptions { FileCount = 2, ThreadCount = 2, Compression = "snappy" });
}
