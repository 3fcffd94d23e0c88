using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>Files that are gone, broken or unlike: each has a code and names the file.</summary>
public sealed class TableFaultTests(TableFolder folder) : IClassFixture<TableFolder>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nowhere.parquet")]
    [InlineData("nowhere-*.parquet")]
    [InlineData("*/nowhere.csv")]
    public async Task Path_WithoutFiles_IsMissing(string name)
    {
        var path = folder.PathOf(name);

        var failure = await FailAsync(TableSource.Files(path));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task FileWithABrokenFooter_AmongOthers_IsNamed(int lengthBytes)
    {
        var name = $"broken{lengthBytes}";
        await folder.WriteAsync("SELECT 1 AS a", $"{name}/a.parquet");
        var whole = await folder.WriteAsync("SELECT i AS a FROM range(1000) t(i)", $"{name}/c.parquet");
        var broken = folder.PathOf(name, "b.parquet");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(whole, Token))[..lengthBytes], Token);

        var failure = await FailAsync(TableSource.Files(folder.PathOf(name, "*.parquet")));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(broken, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileWithAFooterOfGarbage_IsNamed()
    {
        var path = await folder.WriteAsync("SELECT i AS a FROM range(1000) t(i)", "garbage/a.parquet");
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes.AsSpan(bytes.Length - 60, 40).Fill(0xEE);
        await File.WriteAllBytesAsync(path, bytes, Token);

        var failure = await FailAsync(TableSource.Files(path));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'text' AS id", "VARCHAR")]
    [InlineData("CAST(1 AS SMALLINT) AS id", "SMALLINT")]
    [InlineData("1 AS other", "missing")]
    public async Task FilesOfOneGlob_WithOtherTypes_AreBothNamed(string column, string found)
    {
        var name = $"clash{column.Length}";
        var first = await folder.WriteAsync("SELECT 1 AS id, 'x' AS s", $"{name}/a.parquet");
        var second = await folder.WriteAsync($"SELECT {column}, 'x' AS s", $"{name}/b.parquet");

        var failure = await FailAsync(TableSource.Files(folder.PathOf(name, "*.parquet")));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains($"'id' is INTEGER in '{first}' and {found} in '{second}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("union_by_name", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CsvFilesOfOneGlob_WithOtherColumns_AreBothNamed()
    {
        var first = await folder.WriteAsync("SELECT 1 AS id, 'x' AS s", "csvclash/a.csv");
        var second = await folder.WriteAsync("SELECT 5 AS t, 6 AS s", "csvclash/b.csv");
        var failure = await FailAsync(TableSource.Files(folder.PathOf("csvclash", "*.csv")));

        Assert.Contains("'id'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(first, failure.Message, StringComparison.Ordinal);
        Assert.Contains(second, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FoldersWithOtherPartitions_AreRefused()
    {
        await folder.WriteAsync("SELECT 1 AS id", "uneven/a=1/a.parquet");
        await folder.WriteAsync("SELECT 1 AS id", "uneven/a=1/b=2/b.parquet");
        var source = TableSource.Files(folder.PathOf("uneven", "**", "*.parquet"));

        Assert.Equal(["id"], (await folder.Tables.DescribeAsync(source, Token)).Columns.Select(column => column.Name));
        var failure = await FailAsync(source.With("hive_partitioning", "true"));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("b.parquet", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://bucket/a.parquet")]
    [InlineData("https://example.org/a.csv")]
    public async Task PlaceThatIsNoFolder_IsNotSupported(string path) =>
        Assert.Equal(FlowErrorCode.Unsupported, (await FailAsync(TableSource.Files(path))).Code);

    [Theory]
    [InlineData("a.avro")]
    [InlineData("a.txt")]
    public void Ending_OfAnotherFormat_IsNotSupported(string path) =>
        Assert.Equal(FlowErrorCode.Unsupported, Assert.Throws<FlowException>(() => TableSource.Files(path)).Code);

    [Fact]
    public void Argument_ThatTablesDoNotTake_IsRefusedByName()
    {
        var failure = Assert.Throws<FlowException>(() => TableSource.Files("a.csv").With("store_rejects", "true"));

        Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
        Assert.Contains("store_rejects", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TableSource.Files());
        Assert.Throws<ArgumentException>(() => TableSource.Csv(" "));
    }

    [Fact]
    public async Task FileThatVanished_AfterTheTableWasDescribed_IsNamedByItsReader()
    {
        var path = await folder.WriteAsync("SELECT 1 AS id", "vanish/a.parquet");
        var parts = await folder.SplitAsync(TableSource.Files(path), TableFolder.Scan(1));
        File.Delete(path);

        var engine = await Assert.ThrowsAsync<EngineException>(() => folder.Session.ExecuteAsync(parts[0], null, Token));
        var failure = TableErrors.ToFlowException(engine);

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.EngineError, TableErrors.ToFlowException(new EngineException("Conversion Error: no", EngineErrorKind.Conversion)).Code);
    }

    [Fact]
    public async Task TooManyFiles_AreRefused()
    {
        await folder.WriteAsync("SELECT 1 AS id", "few/a.parquet");
        await folder.WriteAsync("SELECT 1 AS id", "few/b.parquet");
        await using var tables = await FileTables.OpenAsync(new FileTablesOptions { FileCountMax = 1 }, Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => tables.DescribeAsync(TableSource.Files(folder.PathOf("few", "*.parquet")), Token));

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.Contains("FileCountMax", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0, 65)]
    public void Options_OutOfRange_AreRefused(int files, long footers, int concurrency) =>
        Assert.Throws<ArgumentException>(new FileTablesOptions { FileCountMax = files, FooterCacheMax = footers, ConcurrencyMax = concurrency }.Validate);

    private Task<FlowException> FailAsync(TableSource source) => Assert.ThrowsAsync<FlowException>(() => folder.Tables.DescribeAsync(source, Token));
}
