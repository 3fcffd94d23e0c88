using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>The parts of Arrow IPC files together are the rows that were written, as DuckDB alone has them.</summary>
public sealed class ArrowTableTests(TableFolder folder) : IClassFixture<TableFolder>
{
    private const string Rows =
        "SELECT i AS id, i % 7 AS k, CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || (i % 11) END AS s, CAST(i AS DECIMAL(12, 2)) / 4 AS d, "
        + "CASE WHEN i % 5 < 4 THEN NULL ELSE DATE '2024-01-01' + CAST(i AS INTEGER) END AS day, [i, NULL] AS l, {'a': i, 'b': NULL::VARCHAR} AS o";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("one.arrow", IpcCompression.None)]
    [InlineData("lz4.feather", IpcCompression.Lz4Frame)]
    [InlineData("zstd.ipc", IpcCompression.Zstd)]
    public async Task Parts_OfOneFile_AreItsBatches(string name, IpcCompression compression)
    {
        var file = await WriteAsync($"{Rows} FROM range(60000) t(i)", $"one/{name}", compression);

        await folder.AssertPartsAreWholeAsync(TableSource.Files(file), $"{Rows} FROM range(60000) t(i)");

        var counts = await folder.CountsAsync(await folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(3)));
        Assert.All(counts, count => Assert.InRange(count, 16_000, 24_000));
        Assert.Equal(60_000, counts.Sum());
        var table = await folder.Tables.DescribeAsync(TableSource.Files(file), Token);
        Assert.Equal((60_000, true), (table.RowCount, table.IsRowCountExact));
    }

    [Fact]
    public async Task Parts_OfAStream_AreOne()
    {
        var file = await WriteAsync($"{Rows} FROM range(60000) t(i)", "one/stream.arrows", IpcCompression.Zstd);

        await folder.AssertPartsAreWholeAsync(TableSource.Files(file), $"{Rows} FROM range(60000) t(i)");

        var counts = await folder.CountsAsync(await folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(3)));
        Assert.Equal([0, 0, 60_000], counts.Order());
    }

    [Fact]
    public async Task Parts_OfFoldersAndGlobs_AreTheRowsOfAllFiles()
    {
        for (var file = 0; file < 9; file++)
        {
            await WriteAsync($"{Rows} FROM range({file * 1000}, {(file * 1000) + (file % 3 * 500)}) t(i)", $"many/sub{file % 2}/part[{file}].arrow");
        }

        var expected = string.Join(" UNION ALL ", Enumerable.Range(0, 9).Select(file => $"{Rows} FROM range({file * 1000}, {(file * 1000) + (file % 3 * 500)}) t(i)"));
        var root = Path.GetDirectoryName(Path.GetDirectoryName(folder.PathOf("many", "sub0", "x"))!)!;
        await folder.AssertPartsAreWholeAsync(TableSource.Files(Path.Combine(root, "**", "*.arrow")), expected);
        await folder.AssertPartsAreWholeAsync(TableSource.Arrow(root), expected);
        foreach (var read in (string[])[$"'{root}/sub?/part*.arrow'", $"read_arrow(['{root}/sub0', '{root}/sub[1-9]/*.arrow'])", $"read_arrow('{root}/**')", $"read_arrow('{root}/**/part*')"])
        {
            Assert.Equal(await folder.ContentAsync(expected), await folder.ContentAsync($"FROM {read}"));
        }
    }

    [Fact]
    public async Task ValuesOfPaths_AreColumns_AsInParquetFilesOfTheSamePaths()
    {
        foreach (var (year, month) in ((string, string)[])[("2022", "01"), ("2023", "01"), ("2023", "02"), ("__HIVE_DEFAULT_PARTITION__", "02"), ("2024", "a%20b")])
        {
            // A column of a path stands above one of the same name inside.
            var query = $"SELECT i AS id, 'inside' AS year, '{month}' AS y FROM range(3000) t(i)";
            await WriteAsync(query, $"hive/day=2024-02-01/year={year}/month={month}/a.arrow");
            await folder.WriteAsync(query, $"hive/day=2024-02-01/year={year}/month={month}/a.parquet");
        }

        var root = folder.PathOf("hive", "x")[..^2];
        var source = TableSource.Files(Path.Combine(root, "**", "*.arrow"));
        var columns = "id, year, y, day, month";
        var expected = $"SELECT {columns} FROM read_parquet('{root}/**/*.parquet', hive_partitioning = true)";

        await AssertPartsAsync(source, columns, expected);
        await AssertPartsAsync(source.With("hive_partitioning", "false"), "id, year, y", $"SELECT id, year, y FROM read_parquet('{root}/**/*.parquet', hive_partitioning = false)");
        Assert.Equal(await folder.ContentAsync(expected), await folder.ContentAsync($"SELECT {columns} FROM '{root}/**/*.arrow'"));
        foreach (var part in (string[])["year", "month, id", "count(*)", "count(year)", "day, id"])
        {
            Assert.Equal(
                await folder.ContentAsync($"SELECT {part} FROM read_parquet('{root}/**/*.parquet', hive_partitioning = true)"),
                await folder.ContentAsync($"SELECT {part} FROM read_arrow('{root}/**/*.arrow')"));
        }
    }

    [Theory]
    [InlineData("c0 = 2023", "year", 2)]
    [InlineData("c0 IS NULL", "year", 1)]
    [InlineData("c0 = 'a b'", "month", 1)]
    [InlineData("c0 > DATE '2024-02-01'", "day", 0)]
    [InlineData("c0 < 5", "id", 5)]
    public async Task FilesThatAFilterOnTheirPathsExcludes_AreInNoPart(string filter, string column, int fileCount)
    {
        foreach (var (year, month) in ((string, string)[])[("2022", "01"), ("2023", "01"), ("2023", "02"), ("__HIVE_DEFAULT_PARTITION__", "02"), ("2024", "a%20b")])
        {
            await WriteAsync("SELECT i AS id FROM range(100) t(i)", $"pruned/day=2024-02-01/year={year}/month={month}/a.arrow");
        }

        var source = TableSource.Files(folder.PathOf("pruned", "**", "*.arrow"));

        var counts = await folder.CountsAsync(await folder.SplitAsync(source, TableFolder.Scan(2, conditions: [new ScanCondition([column], filter, null)])));

        Assert.Equal(fileCount * 100, counts.Sum());
    }

    [Fact]
    public async Task OnlyColumnsThatAreRead_AreUnpacked()
    {
        var file = await WriteAsync("SELECT i AS good, 'text ' || i AS bad FROM range(2000) t(i)", "torn/half.arrow", IpcCompression.Zstd);

        // The last packed bytes are the texts of the second column: who unpacks them fails.
        var bytes = await File.ReadAllBytesAsync(file, Token);
        bytes.AsSpan(bytes.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]), 4).Clear();
        await File.WriteAllBytesAsync(file, bytes, Token);

        Assert.Equal(await folder.ContentAsync("SELECT i AS good FROM range(2000) t(i)"), await folder.ContentAsync($"SELECT good FROM '{file}'"));
        var failure = await Assert.ThrowsAsync<EngineException>(() => folder.ContentAsync($"SELECT bad FROM '{file}'"));
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.DataFileMissing, TableErrors.ToFlowException(failure).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(100)]
    [InlineData(-100)]
    [InlineData(-9)]
    public async Task CutFile_IsNamed(int length)
    {
        var file = await WriteAsync($"{Rows} FROM range(5000) t(i)", $"torn/cut{length}.arrow");
        await using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(length < 0 ? stream.Length + length : length);
        }

        await AssertCorruptAsync(file);
    }

    [Theory]
    [InlineData("no Arrow file at all, but a text")]
    [InlineData("FEA1 was a format of its own")]
    [InlineData("PAR1")]
    public async Task FileOfSomethingElse_IsNamed(string content)
    {
        var file = folder.PathOf("torn", $"{content[..4]}.arrow");
        await File.WriteAllTextAsync(file, content, Token);

        await AssertCorruptAsync(file);
    }

    [Fact]
    public async Task FileThatIsGone_IsNamed()
    {
        var file = folder.PathOf("torn", "gone.arrow");

        var failure = await Assert.ThrowsAsync<FlowException>(() => folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(2)));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT 'x' AS a")]
    [InlineData("SELECT 1 AS b")]
    [InlineData("SELECT 1 AS a, 2 AS b")]
    public async Task FilesWithOtherColumns_AreRefused_AndBothAreNamed(string other)
    {
        var name = $"unlike{other.Length}{(int)other[7]}";
        var first = await WriteAsync("SELECT 1 AS a", $"{name}/a.arrow");
        var second = await WriteAsync(other, $"{name}/b.arrow");

        var planned = await Assert.ThrowsAsync<FlowException>(() => folder.SplitAsync(TableSource.Files(folder.PathOf(name, "*.arrow")), TableFolder.Scan(2)));
        var alone = TableErrors.ToFlowException(await Assert.ThrowsAsync<EngineException>(() => folder.ContentAsync($"FROM '{folder.PathOf(name, "*.arrow")}'")));

        Assert.All((FlowException[])[planned, alone], failure =>
        {
            Assert.Equal(FlowErrorCode.BadInput, failure.Code);
            Assert.Contains(first, failure.Message, StringComparison.Ordinal);
            Assert.Contains(second, failure.Message, StringComparison.Ordinal);
        });
    }

    private async Task AssertCorruptAsync(string file)
    {
        var planned = await Assert.ThrowsAsync<FlowException>(() => folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(2)));
        var alone = TableErrors.ToFlowException(await Assert.ThrowsAsync<EngineException>(() => folder.ContentAsync($"FROM '{file}'")));

        Assert.All((FlowException[])[planned, alone], failure =>
        {
            Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
            Assert.Contains($"The Arrow file '{file}'", failure.Message, StringComparison.Ordinal);
        });
    }

    /// <summary>As the folder's own assertion, for columns in another order.</summary>
    private async Task AssertPartsAsync(TableSource source, string columns, string expected)
    {
        foreach (var taskCount in (int[])[1, 2, 5, 8])
        {
            var parts = await folder.SplitAsync(source, TableFolder.Scan(taskCount));
            Assert.Equal(await folder.ContentAsync(expected), await folder.ContentAsync($"SELECT {columns} FROM ({string.Join(" UNION ALL ", parts)})"));
        }
    }

    /// <summary>Writes what DuckDB answers, in batches of at most 2,048 rows.</summary>
    private async Task<string> WriteAsync(string query, string name, IpcCompression compression = IpcCompression.None)
    {
        var path = folder.PathOf(name.Split('/'));
        await using var session = folder.OpenSession();
        await using var result = await session.QueryAsync(query, null, Token);
        var options = new IpcWriteOptions { Compression = compression };
        await using var file = name.EndsWith(".arrows", StringComparison.Ordinal) ? null : new ArrowFileWriter(path, result.Schema, options);
        await using var stream = file is null ? new ArrowStreamWriter(File.Create(path), result.Schema, options) : null;
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                for (var start = 0; start < batch.RowCount; start += 2_048)
                {
                    using var piece = batch.Slice(start, Math.Min(2_048, batch.RowCount - start));
                    await (file?.WriteAsync(piece, Token) ?? stream!.WriteAsync(piece, Token));
                }
            }
        }

        await (file?.EndAsync(Token) ?? stream!.EndAsync(Token));
        return path;
    }
}
