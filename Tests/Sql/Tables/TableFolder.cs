using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>A folder of files that DuckDB wrote, the tables over them, and DuckDB alone to say what they hold. For one test class.</summary>
public sealed class TableFolder : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-tables-");
    private EngineInstance _instance = null!;

    /// <summary>The tables.</summary>
    public FileTables Tables { get; private set; } = null!;

    /// <summary>DuckDB alone.</summary>
    public EngineSession Session { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1, Functions = [ArrowFunction.Create()], FileReaders = ArrowFunction.FileReaders }, Token);
        Session = _instance.OpenSession();
        Tables = await FileTables.OpenAsync(new FileTablesOptions { PruneBytesMin = 0 }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Tables.DisposeAsync();
        await Session.DisposeAsync();
        await _instance.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Another session of DuckDB alone.</summary>
    public EngineSession OpenSession() => _instance.OpenSession();

    /// <summary>The full path of a file; folders above it are made.</summary>
    public string PathOf(params string[] parts)
    {
        var path = Path.Combine([_folder.FullName, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>Writes the rows of a query into a file; gives its path.</summary>
    public async Task<string> WriteAsync(string query, string file, string options = "")
    {
        var path = PathOf(file.Split('/'));
        await Session.ExecuteAsync($"COPY ({query}) TO {EngineText.Literal(path)}{(options.Length == 0 ? "" : $" ({options})")}", null, Token);
        return path;
    }

    /// <summary>A scan of a number of parts.</summary>
    public static StageScan Scan(int taskCount, IReadOnlyList<string>? columns = null, IReadOnlyList<ScanCondition>? conditions = null) =>
        new("scan_0", "t", columns ?? [], 0, taskCount) { Conditions = conditions ?? [] };

    /// <summary>The texts of the parts of a table.</summary>
    public async Task<IReadOnlyList<string>> SplitAsync(TableSource source, StageScan scan)
    {
        var table = Tables.Open(source);
        return await table.SplitAsync(await table.DescribeAsync(Token), scan, Token);
    }

    /// <summary>Rows, and a sum over the hashes of all rows: equal for the same rows in any order.</summary>
    public async Task<string> ContentAsync(string query)
    {
        // A row of the columns' texts, so that the sum differs when types do.
        var columns = await SqlTestDatabase.RowsAsync(Session, $"DESCRIBE {query}");
        var hashes = columns.Select(column => $"{EngineText.Quote((string)column[0]!)} := t.{EngineText.Quote((string)column[0]!)}");
        var rows = await SqlTestDatabase.RowsAsync(
            Session, $"SELECT count(*), coalesce(CAST(sum(CAST(hash(struct_pack({string.Join(", ", hashes)})) AS HUGEINT)) AS VARCHAR), '-') FROM ({query}) AS t");
        return $"{string.Join(", ", columns.Select(column => $"{column[0]} {column[1]}"))}: {string.Join(' ', rows[0])}";
    }

    /// <summary>Asserts that the parts of a table together are what DuckDB alone reads, for several numbers of parts.</summary>
    public async Task AssertPartsAreWholeAsync(TableSource source, string query)
    {
        var expected = await ContentAsync(query);
        foreach (var taskCount in Enumerable.Range(1, 7))
        {
            var parts = await SplitAsync(source, Scan(taskCount));
            Assert.Equal(taskCount, parts.Count);
            var shapes = new HashSet<string>();
            foreach (var part in parts)
            {
                var columns = await SqlTestDatabase.RowsAsync(Session, $"DESCRIBE {part}");
                shapes.Add(string.Join(", ", columns.Select(column => $"{column[0]} {column[1]}")));
            }

            Assert.Single(shapes);
            Assert.Equal(expected, await ContentAsync(string.Join(" UNION ALL ", parts)));
        }
    }

    /// <summary>Rows of each part.</summary>
    public async Task<List<long>> CountsAsync(IReadOnlyList<string> parts)
    {
        var counts = new List<long>();
        foreach (var part in parts)
        {
            counts.Add(Convert.ToInt64((await SqlTestDatabase.RowsAsync(Session, $"SELECT count(*) FROM ({part})"))[0][0], CultureInfo.InvariantCulture));
        }

        return counts;
    }
}
