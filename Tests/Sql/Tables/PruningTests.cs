using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>Files and row groups that a query's filter excludes are not read, and never more than those.</summary>
public sealed class PruningTests(TableFolder folder) : IClassFixture<TableFolder>, IAsyncLifetime
{
    private static readonly StageOptions Three = new() { TaskCountMax = 3, BytesPerTask = 1 };

    private DistributedPlanner _planner = null!;
    private TableSource _groups = null!;
    private TableSource _hive = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(folder.PathOf("groups", "a.parquet")))
        {
            await WriteAsync();
        }

        _groups = TableSource.Files(folder.PathOf("groups", "a.parquet"));
        _hive = TableSource.Files(folder.PathOf("hive", "**", "*.parquet"));
        _planner = await DistributedPlanner.OpenAsync(Token);
        await _planner.AddTableAsync("groups", await folder.Tables.DescribeAsync(_groups, Token), Token);
        await _planner.AddTableAsync("hive", await folder.Tables.DescribeAsync(_hive, Token), Token);
    }

    private async Task WriteAsync()
    {
        foreach (var (year, month) in new[] { ("2022", "01"), ("2023", "01"), ("2023", "02"), ("__HIVE_DEFAULT_PARTITION__", "02"), ("2024", "a%20b") })
        {
            await folder.WriteAsync($"SELECT i AS id, '{year}' AS y FROM range(100) t(i)", $"hive/year={year}/month={month}/a.parquet");
        }

        // Ten row groups of 2,048 rows: id ascends; n is NULL in the first five; f holds NaN in the last one.
        await folder.WriteAsync(
            "SELECT i AS id, CAST(i // 1000 AS SMALLINT) AS small, CASE WHEN i < 10240 THEN NULL ELSE i END AS n, DATE '2024-01-01' + CAST(i // 1000 AS INTEGER) AS day, "
            + "CAST(i AS DECIMAL(12, 2)) AS price, printf('k%05d', i) AS s, CASE WHEN i = 20479 THEN 'nan'::DOUBLE ELSE i END AS f, i % 2 = 0 AS even FROM range(20480) t(i)",
            "groups/a.parquet",
            "ROW_GROUP_SIZE 2048");
    }

    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    [Theory]
    [InlineData("id < 2048", 2_048)]
    [InlineData("id <= 2048", 4_096)]
    [InlineData("5000 > id", 6_144)]
    [InlineData("id BETWEEN 4096 AND 6143", 2_048)]
    [InlineData("id = 7000", 2_048)]
    [InlineData("id IN (1, 20000)", 4_096)]
    [InlineData("id = 1 OR id > 20000", 4_096)]
    [InlineData("id = 1 OR s LIKE '%9'", 20_480)]
    [InlineData("id > 30000", 0)]
    [InlineData("id <> 5", 20_480)]
    [InlineData("small = 3", 2_048)]
    [InlineData("CAST(small AS BIGINT) > 19", 2_048)]
    [InlineData("n IS NULL", 10_240)]
    [InlineData("n IS NOT NULL AND id < 12288", 2_048)]
    [InlineData("n > 0", 10_240)]
    [InlineData("day < DATE '2024-01-03'", 2_048)]
    [InlineData("day < TIMESTAMP '2024-01-03 00:00:00'", 2_048)]
    [InlineData("price >= 20470.5", 2_048)]
    [InlineData("s < 'k00100'", 2_048)]
    [InlineData("s LIKE 'k0000%'", 2_048)]
    [InlineData("f > 1e9", 20_480)]
    [InlineData("even", 20_480)]
    [InlineData("id + 1 < 5", 2_048)]
    [InlineData("id * 2 < 5", 20_480)]
    [InlineData("starts_with(s, 'k2')", 2_048)]
    [InlineData("s LIKE 'k1999%'", 2_048)]
    [InlineData("random() < 2 AND id < 100", 2_048)]
    public async Task RowGroups_ThatAFilterExcludes_AreNotListed(string filter, long readRowCount)
    {
        var sql = $"SELECT id, f FROM groups WHERE {filter}";
        var plan = await _planner.PlanAsync(sql, Three, Token);

        var parts = await folder.SplitAsync(_groups, Assert.Single(plan.Stages[0].Scans));
        var read = string.Join(" UNION ALL ", parts);

        Assert.Equal(readRowCount, (await folder.CountsAsync(parts)).Sum());
        if (!filter.Contains("random", StringComparison.Ordinal))
        {
            var columns = plan.Stages[0].Scans[0].Columns;
            Assert.Equal(
                await folder.ContentAsync($"SELECT {string.Join(", ", columns)} FROM {Reader(_groups)} WHERE {filter}"),
                await folder.ContentAsync($"SELECT {string.Join(", ", columns)} FROM ({read}) WHERE {filter}"));
        }
    }

    [Theory]
    [InlineData("year = 2023", "2023|2023")]
    [InlineData("year > 2022 AND month = '02'", "2023")]
    [InlineData("year IS NULL", "__HIVE_DEFAULT_PARTITION__")]
    [InlineData("month = 'a b'", "2024")]
    [InlineData("year % 2 = 0", "2022|2024")]
    [InlineData("year = 1999", "")]
    [InlineData("year = 2023 AND id < 5", "2023|2023")]
    [InlineData("id < 5", "2022|2023|2023|2024|__HIVE_DEFAULT_PARTITION__")]
    [InlineData("id < 0", "")]
    [InlineData("year = 2022 OR id < 0", "2022")]
    public async Task Files_WhoseFoldersAFilterExcludes_AreNotListed(string filter, string years)
    {
        var plan = await _planner.PlanAsync($"SELECT id, y FROM hive WHERE {filter}", Three, Token);

        var parts = await folder.SplitAsync(_hive, Assert.Single(plan.Stages[0].Scans));

        var read = await SqlTestDatabase.RowsAsync(folder.Session, $"SELECT y, count(*) FROM ({string.Join(" UNION ALL ", parts.Select(part => $"SELECT y FROM ({part})"))}) GROUP BY y, mod(0, 1) ORDER BY y");
        Assert.Equal(years.Split('|', StringSplitOptions.RemoveEmptyEntries).Distinct(), read.Select(row => (string)row[0]!));
        Assert.Equal(
            years.Split('|', StringSplitOptions.RemoveEmptyEntries).Length,
            string.Join(' ', parts).Split("a.parquet'").Length - 1);
    }

    [Fact]
    public async Task Condition_ThatTheEngineCannotCompute_ExcludesNothing()
    {
        var scan = TableFolder.Scan(2, conditions: [new ScanCondition(["year"], "no_such_function(c0)", null), new ScanCondition(["id"], "c0 = 1", "no_such_function(lo0)")]);

        Assert.Equal(500, (await folder.CountsAsync(await folder.SplitAsync(_hive, scan))).Sum());
    }

    [Theory]
    [InlineData("id < 2048", 1_500, 2_600)]
    [InlineData("id >= 0", 20_000, 20_480)]
    [InlineData("id > 30000", 1, 1)]
    [InlineData("id = 5", 1, 2)]
    [InlineData("n IS NULL", 10_000, 10_500)]
    [InlineData("day = DATE '2024-01-02'", 500, 1_500)]
    [InlineData("id < 10240 AND n IS NOT NULL", 5_000, 5_300)]
    [InlineData("s LIKE '%x%'", 4_000, 4_200)]
    public async Task Estimate_OfAFilter_FollowsTheFooters(string filter, long least, long most)
    {
        var plan = await _planner.PlanAsync($"SELECT id FROM groups WHERE {filter}", Three, Token);

        Assert.InRange(plan.Stages[0].EstimatedRowCount, least, most);
    }

    [Theory]
    [InlineData(1_000, 3)]
    [InlineData(4_000, 2)]
    [InlineData(10_000, 3)]
    public async Task Table_OfFewRowGroups_HasNoMoreTasksThanTheseUnlessItIsOne(int rowCount, int taskCount)
    {
        var file = await folder.WriteAsync($"SELECT i AS id FROM range({rowCount}) t(i)", $"few/{rowCount}.parquet", "ROW_GROUP_SIZE 2048");
        await _planner.AddTableAsync("few", await folder.Tables.DescribeAsync(TableSource.Files(file), Token), Token);

        var plan = await _planner.PlanAsync("SELECT count(*) FROM few", Three, Token);

        Assert.Equal(taskCount, Assert.Single(plan.Stages[0].Scans).TaskCount);
    }

    private static string Reader(TableSource source) => $"read_parquet('{source.Paths[0]}')";
}
