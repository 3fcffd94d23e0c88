using System.Globalization;
using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>Ranges of large text files together have the rows that DuckDB alone reads of the whole file; where that is not sure, a file is not divided.</summary>
public sealed class TextRangeTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-ranges-");
    private EngineInstance _alone = null!;
    private EngineSession _session = null!;
    private FileTables _tables = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _alone = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        _session = _alone.OpenSession();
        _tables = await FileTables.OpenAsync(new FileTablesOptions { RangedBytesMin = 600, RangeBytes = 300 }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _tables.DisposeAsync();
        await _session.DisposeAsync();
        await _alone.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task RandomCsvFiles_ReadInRanges_AreTheWholeFile()
    {
        // Others on demand, as FLOW_RANGE_SEEDS=from,count.
        var asked = (Environment.GetEnvironmentVariable("FLOW_RANGE_SEEDS") ?? "0,80").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var dividedCount = 0;
        foreach (var seed in Enumerable.Range(asked[0], asked[1]))
        {
            var path = Path.Combine(_folder.FullName, $"random{seed}.csv");
            await File.WriteAllBytesAsync(path, RandomCsv.Create(new Random(seed)), Token);

            dividedCount += await AssertWholeAsync(TableSource.Csv(path), $"read_csv('{path}')", $"seed {seed}") ? 1 : 0;
            File.Delete(path);
        }

        // Else the others prove nothing.
        Assert.InRange(dividedCount, asked[1] / 4, asked[1]);
    }

    [Fact]
    public async Task RandomJsonLines_ReadInRanges_AreTheWholeFile()
    {
        var dividedCount = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var newLine = seed % 3 == 0 ? "\r\n" : "\n";
            var lines = Enumerable.Range(0, 80).Select(row => $"{(row % 9 == 0 ? newLine : "")}{{\"id\": {row}, \"text\": {JsonSerializer.Serialize(RandomCsv.Text(random, "\"\n,{}[] "))}, \"list\": [{{\"a\": {random.Next(9)}}}]}}");
            var path = Path.Combine(_folder.FullName, $"random{seed}.json");
            await File.WriteAllTextAsync(path, string.Join(newLine, lines) + (seed % 2 == 0 ? newLine : ""), Token);

            dividedCount += await AssertWholeAsync(TableSource.Json(path), $"read_json('{path}')", $"seed {seed}") ? 1 : 0;
        }

        Assert.Equal(40, dividedCount);
    }

    [Theory]
    [InlineData("a,b\n", "1,x\"y\n", "inside of a value")]
    [InlineData("a,b\n", "1,x\n\n", "is empty")]
    [InlineData("a,b\n", "\"1\",\"x\"\n", null)]
    [InlineData("a,b\r\n", "\"1\",\"x\r\n\"\r\n", null)]
    [InlineData("\ufeffa,b\n", "1,x\n", null)]
    [InlineData("a,b\n", "1,\"x\ny,\"\"z\"\"\"\n", null)]
    public async Task CsvFile_ThatMayBeReadOtherwise_IsNotDivided_AndSaysWhy(string head, string line, string? why)
    {
        var path = Path.Combine(_folder.FullName, "one.csv");
        await File.WriteAllTextAsync(path, head + string.Concat(Enumerable.Repeat(line, 400)), Token);

        var table = await _tables.DescribeAsync(TableSource.Csv(path).With("header", "true").With("delim", "','").With("quote", "'\"'").With("escape", "'\"'"), Token);

        Assert.Equal(why is null, table.PartCountMax > 2);
        Assert.Equal(why is null, table.WholeFileReason is null);
        Assert.Contains(why ?? "", table.WholeFileReason ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{\"a\": 1},\n{\"a\": 2},\n", "{\"a\": 3},\n", "{\"a\": 4}]")]
    [InlineData("", "{\"a\":\n 1}\n", "")]
    public async Task JsonFile_ThatIsNotALineAnObject_IsNotDivided(string head, string line, string end)
    {
        var path = Path.Combine(_folder.FullName, "one.json");
        await File.WriteAllTextAsync(path, head + string.Concat(Enumerable.Repeat(line, 400)) + end, Token);

        Assert.False(await AssertWholeAsync(TableSource.Json(path), $"read_json('{path}')", line));
    }

    [Fact]
    public async Task Options_ThatReadAFileAsAWhole_KeepItWhole()
    {
        var path = Path.Combine(_folder.FullName, "opted.csv");
        await File.WriteAllTextAsync(path, "a,b\n" + string.Concat(Enumerable.Range(0, 400).Select(row => $"{row},x\n")), Token);

        foreach (var (option, value) in ((string, string)[])[("filename", "true"), ("ignore_errors", "true"), ("null_padding", "true"), ("skip", "1")])
        {
            var table = await _tables.DescribeAsync(TableSource.Csv(path).With(option, value), Token);
            Assert.Equal(1, table.PartCountMax);
            Assert.Contains("opted.csv", table.WholeFileReason ?? table.WholeReason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Types_AreThoseOfTheWholeFile_InEveryRange()
    {
        // The first half alone would be whole numbers, and dates.
        var path = Path.Combine(_folder.FullName, "typed.csv");
        await File.WriteAllTextAsync(path, "n;d;s\n" + string.Concat(Enumerable.Range(0, 600).Select(row => row < 300 ? $"{row};2024-01-01;{row}\n" : $"{row}.5;;x{row}\n")), Token);

        Assert.True(await AssertWholeAsync(TableSource.Csv(path), $"read_csv('{path}')", "typed"));
    }

    [Fact]
    public async Task FilesWhoseHeadersAreInAnotherOrder_AreReadWhole_ByTheirOwnHeaders()
    {
        var folder = _folder.CreateSubdirectory("orders");
        foreach (var (name, head, isTurned) in ((string, string, bool)[])[("1.csv", "a,b", false), ("2.csv", "b,a", true), ("3.csv", "a,b", false)])
        {
            var lines = Enumerable.Range(0, 400).Select(row => isTurned ? $"x{row},{row}\n" : $"{row},x{row}\n");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), head + "\n" + string.Concat(lines), Token);
        }

        var glob = Path.Combine(folder.FullName, "*.csv");
        Assert.True(await AssertWholeAsync(TableSource.Csv(glob), $"read_csv('{glob}')", "orders"));
        Assert.Contains("2.csv", (await _tables.DescribeAsync(TableSource.Csv(glob), Token)).WholeFileReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatWasChangedSinceItWasDivided_IsRefused()
    {
        var path = Path.Combine(_folder.FullName, "changed.csv");
        await File.WriteAllTextAsync(path, "a,b\n" + string.Concat(Enumerable.Range(0, 400).Select(row => $"{row},x\n")), Token);
        var parts = await SplitAsync(TableSource.Csv(path), 3);
        await File.AppendAllTextAsync(path, "7,y\n", Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => FileSlices.CopyAsync(parts[1], NewPath, Token));

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Whether the table was divided; its parts are compared with DuckDB's own reading, which may refuse the file.</summary>
    private async Task<bool> AssertWholeAsync(TableSource source, string alone, string what)
    {
        string expected;
        try
        {
            expected = await ContentAsync($"SELECT * FROM {alone}");
        }
        catch (EngineException)
        {
            return false;
        }

        var isDivided = false;
        foreach (var taskCount in (int[])[2, 3, 7])
        {
            var parts = await SplitAsync(source, taskCount);
            isDivided |= parts.Any(FileSlices.AreIn);
            var texts = new List<string>();
            foreach (var part in parts)
            {
                texts.Add(await FileSlices.CopyAsync(part, NewPath, Token));
            }

            var found = await ContentAsync(string.Join(" UNION ALL ", texts));
            Assert.True(expected == found, $"{what}, {taskCount} tasks:\n{expected}\n{found}\n{string.Join('\n', texts)}");
        }

        return isDivided;
    }

    private string NewPath(string name) => Path.Combine(_folder.FullName, "slice-" + Path.GetRandomFileName() + " " + name);

    private async Task<IReadOnlyList<string>> SplitAsync(TableSource source, int taskCount)
    {
        var table = _tables.Open(source);
        return await table.SplitAsync(await table.DescribeAsync(Token), TableFolder.Scan(taskCount), Token);
    }

    /// <summary>Columns, rows, and a sum over the hashes of all rows.</summary>
    private async Task<string> ContentAsync(string query)
    {
        var columns = await SqlTestDatabase.RowsAsync(_session, $"DESCRIBE {query}");
        var rows = await SqlTestDatabase.RowsAsync(
            _session, $"SELECT count(*), coalesce(CAST(sum(CAST(hash(CAST(t AS VARCHAR)) AS HUGEINT)) AS VARCHAR), '-') FROM ({query}) AS t");
        return $"{string.Join(", ", columns.Select(column => $"{column[0]} {column[1]}"))}: {string.Join(' ', rows[0])}";
    }
}
