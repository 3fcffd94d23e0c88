using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>What is remembered of files, and for how long.</summary>
public sealed class FooterCacheTests(TableFolder folder) : IClassFixture<TableFolder>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Footer_OfAFileThatStaysTheSame_IsReadOnce()
    {
        var first = await folder.WriteAsync("SELECT i AS id FROM range(10) t(i)", "same/a.parquet");
        var glob = folder.PathOf("same", "*.parquet");
        await using var tables = await FileTables.OpenAsync(new FileTablesOptions(), Token);

        await tables.DescribeAsync(TableSource.Files(glob), Token);
        await tables.DescribeAsync(TableSource.Files(first), Token);
        Assert.Equal(1, tables.ReadFooterCount);

        await folder.WriteAsync("SELECT i AS id FROM range(5) t(i)", "same/b.parquet");
        Assert.Equal(15, (await tables.DescribeAsync(TableSource.Files(glob), Token)).RowCount);
        Assert.Equal(2, tables.ReadFooterCount);

        await folder.WriteAsync("SELECT i AS id FROM range(100) t(i)", "same/a.parquet");
        Assert.Equal(105, (await tables.DescribeAsync(TableSource.Files(glob), Token)).RowCount);
        Assert.Equal(3, tables.ReadFooterCount);
    }

    [Fact]
    public async Task FileThatIsWrittenAnewInTheSameSize_IsReadAgain()
    {
        var path = await folder.WriteAsync("SELECT 1 AS a", "anew/a.parquet");
        var before = await folder.Tables.DescribeAsync(TableSource.Files(path), Token);
        await folder.WriteAsync("SELECT 1 AS b", "anew/a.parquet");
        File.SetLastWriteTimeUtc(path, before.Files[0].ModifiedUtc.UtcDateTime.AddSeconds(1));

        var after = await folder.Tables.DescribeAsync(TableSource.Files(path), Token);

        Assert.Equal(before.Files[0].SizeBytes, after.Files[0].SizeBytes);
        Assert.Equal("b", Assert.Single(after.Columns).Name);
    }

    [Fact]
    public async Task Tables_WithoutMemory_ReadEachTime()
    {
        var path = await folder.WriteAsync("SELECT 1 AS a", "forgetful/a.parquet");
        await using var tables = await FileTables.OpenAsync(new FileTablesOptions { FooterCacheMax = 0 }, Token);

        await tables.DescribeAsync(TableSource.Files(path), Token);
        await tables.DescribeAsync(TableSource.Files(path), Token);

        Assert.Equal(2, tables.ReadFooterCount);
    }

    [Fact]
    public async Task Tables_AskedForAtOnce_AreAllDescribed()
    {
        for (var file = 0; file < 12; file++)
        {
            await folder.WriteAsync($"SELECT i AS id FROM range({file + 1}) t(i)", $"atonce/{file:00}.parquet");
        }

        var descriptions = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            file => folder.Tables.DescribeAsync(TableSource.Files(folder.PathOf("atonce", $"{file:00}.parquet"), folder.PathOf("atonce", "*.parquet")), Token)));

        Assert.Equal(Enumerable.Range(0, 12).Select(file => 78L + file + 1), descriptions.Select(description => description.RowCount));
    }

    [Fact]
    public void Cache_ThatIsFull_DropsWhatWasUsedLongestAgo()
    {
        var cache = new WeightedCache<string>(10);
        cache.Set("a", "1", 4);
        cache.Set("b", "2", 4);
        Assert.True(cache.TryGet("a", out _));

        cache.Set("c", "3", 4);
        Assert.False(cache.TryGet("b", out _));
        Assert.True(cache.TryGet("a", out _));
        Assert.Equal(8, cache.Weight);

        cache.Set("a", "4", 11);
        Assert.False(cache.TryGet("a", out _));
        Assert.Equal(4, cache.Weight);
    }
}
