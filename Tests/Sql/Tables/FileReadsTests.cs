using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>Queries whose text names files run in many tasks, and answer what DuckDB alone answers to the same text.</summary>
public sealed class FileReadsTests(TableFolder folder) : IClassFixture<TableFolder>, IAsyncLifetime
{
    private static readonly StageOptions Three = new() { TaskCountMax = 3, BytesPerTask = 1 };

    private DistributedPlanner _planner = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(folder.PathOf("done")))
        {
            await folder.WriteAsync("SELECT i AS id, i % 10 AS k, 'name ' || (i % 3) AS name FROM range(9000) t(i)", "big.one.parquet", "ROW_GROUP_SIZE 2048");
            for (var file = 0; file < 4; file++)
            {
                await folder.WriteAsync($"SELECT i AS id, i * 2 AS v FROM range({file * 50}, {(file * 50) + 50}) t(i)", $"parts/year=202{file}/p.parquet");
                await folder.WriteAsync($"SELECT i AS k, 'group ' || i AS title FROM range({file * 3}, {(file * 3) + 3}) t(i)", $"names/n{file}.csv", "DELIMITER '|'");
                await folder.WriteAsync($"SELECT i AS k, {{'deep': i * 10}} AS o FROM range({file * 3}, {(file * 3) + 3}) t(i)", $"js/j{file}.json");
            }

            await File.WriteAllTextAsync(folder.PathOf("done"), "", Token);
        }

        _planner = await DistributedPlanner.OpenAsync(folder.Tables, Token);
    }

    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    [Theory]
    [InlineData("SELECT k, count(*), sum(id) FROM '{0}/big.one.parquet' GROUP BY k")]
    [InlineData("SELECT big.id FROM '{0}/big.one.parquet' WHERE big.id % 1000 = 7")]
    [InlineData("SELECT read_parquet.name, max(id) FROM read_parquet('{0}/big.one.parquet') GROUP BY ALL")]
    [InlineData("SELECT b.k, n.title, count(*) FROM read_parquet(['{0}/big.one.parquet']) b JOIN read_csv('{0}/names/*.csv', delim = '|') n USING (k) GROUP BY ALL")]
    [InlineData("SELECT year, sum(v) FROM read_parquet('{0}/parts/**/*.parquet', hive_partitioning := true) WHERE year >= 2021 GROUP BY year")]
    [InlineData("SELECT year, count(*) FROM read_parquet('{0}/parts/**/*.parquet', hive_types = {{'year': VARCHAR}}) GROUP BY year")]
    [InlineData("SELECT a.k, a.o.deep FROM '{0}/js/*.json' AS a WHERE a.k IN (SELECT k FROM '{0}/names/*.csv')")]
    [InlineData("WITH x AS (SELECT * FROM '{0}/big.one.parquet') SELECT count(*) FROM x a, x b WHERE a.id = b.id + 1")]
    [InlineData("WITH \"big.parquet\" AS (SELECT 1 AS one) SELECT one, count(*) FROM \"big.parquet\", '{0}/js/*.json' GROUP BY one")]
    [InlineData("SELECT renamed, other FROM '{0}/parts/*/p.parquet' AS t(renamed, other) WHERE renamed < 10")]
    [InlineData("SELECT id FROM '{0}/big.one.parquet' UNION ALL SELECT v FROM read_parquet('{0}/parts/*/p.parquet', filename = true) WHERE filename LIKE '%2021%'")]
    [InlineData("SELECT (SELECT max(id) FROM '{0}/big.one.parquet'), count(*) FROM read_json('{0}/js/*.json', columns = {{'k': 'INTEGER'}})")]
    public async Task Query_OverFiles_IsDistributed(string text)
    {
        var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, text, folder.PathOf("x")[..^2]);
        var plan = await PlanAsync(sql, Three);

        Assert.False(plan.IsLocal, string.Join("; ", plan.Reasons));
        Assert.NotEmpty(plan.Files);
        Assert.Equal(await AnswerAsync(sql), await RunAsync(plan));

        // In one task the names of the result come from the plan.
        var single = await PlanAsync(sql, new StageOptions());
        Assert.True(single.IsLocal);
        Assert.Equal(plan.Names, single.Names);
        Assert.Equal((await AnswerAsync(sql)).Skip(1), (await RunAsync(single)).Skip(1));
    }

    [Theory]
    [InlineData("SELECT filename, count(*) FROM '{0}/parts/*/*.parquet' GROUP BY ALL", "as they are written")]
    [InlineData("SELECT count(*) FROM read_csv('{0}/names/*.csv', store_rejects = true)", "store_rejects")]
    [InlineData("SELECT count(*) FROM read_parquet(['{0}/big.one' || '.parquet'])", "constants")]
    [InlineData("SELECT id FROM '{0}/big.one.parquet' ORDER BY id LIMIT (SELECT 3)", "LIMIT")]
    public async Task Query_OverFilesThatCannotBePlanned_RunsInOneTaskAndSaysWhy(string text, string reason)
    {
        var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, text, folder.PathOf("x")[..^2]);

        var plan = await PlanAsync(sql, Three);

        Assert.True(plan.IsLocal);
        Assert.Contains(reason, Assert.Single(plan.Reasons), StringComparison.Ordinal);
        Assert.Equal(await AnswerAsync(sql), await RunAsync(plan));
        Assert.Contains($"! {plan.Reasons[0]}", await _planner.ExplainAsync(sql, Three, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_OfAQueryOverFiles_NamesThem()
    {
        var path = folder.PathOf("big.one.parquet");

        var text = await _planner.ExplainAsync($"SELECT sum(id) FROM '{path}'", Three, Token);

        Assert.Contains($"Scan '{path}' [id]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_ThatReadsFilesTwiceAlike_DescribesThemOnce()
    {
        var path = folder.PathOf("big.one.parquet");

        var plan = await _planner.PlanAsync($"SELECT count(*) FROM '{path}' a JOIN '{path}' b ON a.id = b.id JOIN read_parquet('{path}', filename = true) c ON c.id = a.id", Three, Token);

        Assert.Equal(2, plan.Files.Count);
    }

    [Fact]
    public async Task Query_OverFilesThatAreGoneOrUnlike_FailsAndNamesThem()
    {
        var gone = folder.PathOf("gone.parquet");
        var failure = await Assert.ThrowsAsync<FlowException>(() => _planner.PlanAsync($"SELECT * FROM '{gone}'", Three, Token));
        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains(gone, failure.Message, StringComparison.Ordinal);

        await folder.WriteAsync("SELECT 1 AS id", "unlike/a.parquet");
        await folder.WriteAsync("SELECT 'x' AS id", "unlike/b.parquet");
        failure = await Assert.ThrowsAsync<FlowException>(() => _planner.PlanAsync($"SELECT * FROM '{folder.PathOf("unlike", "*.parquet")}'", Three, Token));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
    }

    [Fact]
    public async Task WrongQuery_OverFiles_FailsWithItsPlaceInTheTextAsWritten()
    {
        var path = folder.PathOf("big.one.parquet");

        var failure = await Assert.ThrowsAsync<EngineException>(() => _planner.PlanAsync($"SELECT nothing FROM '{path}'", Three, Token));

        Assert.Equal(EngineErrorKind.Binder, failure.Kind);
        Assert.Contains($"SELECT nothing FROM '{path[..10]}", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EngineException>(() => _planner.PlanAsync("SELEC 1", Three, Token));
    }

    [Fact]
    public async Task Table_NamedLikeAFile_HidesIt()
    {
        await _planner.AddTableAsync("t.parquet", "SELECT 1 AS own", 10, Token);

        Assert.Equal(["own"], (await _planner.PlanAsync("SELECT * FROM 't.parquet'", Three, Token)).Names);
    }

    [Fact]
    public async Task Planner_WithoutFiles_RunsSuchQueriesInOneTask()
    {
        await using var planner = await DistributedPlanner.OpenAsync(Token);

        var plan = await planner.PlanAsync($"SELECT count(*) FROM '{folder.PathOf("big.one.parquet")}'", Three, Token);

        Assert.True(plan.IsLocal);
        Assert.Empty(plan.Files);
    }

    private async Task<DistributedPlan> PlanAsync(string sql, StageOptions options)
    {
        var text = JsonSerializer.Serialize(await _planner.PlanAsync(sql, options, Token), DistributedPlanJson.Default.DistributedPlan);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        return JsonSerializer.Deserialize(text, DistributedPlanJson.Default.DistributedPlan)!;
    }

    private async Task<List<string>> AnswerAsync(string sql) => await SqlTestDatabase.AnswerAsync(folder.Session, sql, isOrdered: false);

    private async Task<List<string>> RunAsync(DistributedPlan plan)
    {
        var parts = new Dictionary<StageScan, IReadOnlyList<string>>(ReferenceEqualityComparer.Instance);
        foreach (var scan in plan.Stages.SelectMany(stage => stage.Scans))
        {
            parts[scan] = await folder.SplitAsync(plan.Files.Single(file => file.Table == scan.Table).Source, scan);
        }

        await using var session = folder.OpenSession();
        var result = await new LocalExecutor(session, plan, (scan, part) => parts[scan][part]).ExecuteAsync(Token);
        return await SqlTestDatabase.AnswerAsync(session, result, isOrdered: false);
    }
}
