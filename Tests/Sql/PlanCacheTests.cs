using OrleansFlow.Engine;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql;

/// <summary>Plans that are remembered, and when they are not.</summary>
public sealed class PlanCacheTests : IAsyncLifetime
{
    private static readonly StageOptions Options = new() { TaskCountMax = 2, BytesPerTask = 1 };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-plans-");
    private EngineInstance? _engine;
    private FileTables? _files;
    private DistributedPlanner? _planner;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DistributedPlanner Planner => _planner!;

    private string Query => $"SELECT g, count(*) FROM '{_folder.FullName}/*.parquet' GROUP BY g";

    public async ValueTask InitializeAsync()
    {
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        _files = await FileTables.OpenAsync(new FileTablesOptions(), Token);
        _planner = await DistributedPlanner.OpenAsync(_files, Token);
        await Planner.AddTableAsync("t", "SELECT CAST(NULL AS BIGINT) AS id", 1_000, Token);
        await WriteAsync("a", 100);
    }

    public async ValueTask DisposeAsync()
    {
        await _planner!.DisposeAsync();
        await _files!.DisposeAsync();
        await _engine!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Text_PlannedAgain_HasTheSamePlan()
    {
        Assert.Same(await PlanAsync(Query), await PlanAsync(Query));
        Assert.Same(await PlanAsync("SELECT id FROM t WHERE id > 5"), await PlanAsync("SELECT id FROM t WHERE id > 5"));
    }

    [Fact]
    public async Task Text_WithOtherOptions_IsPlannedAnew() =>
        Assert.NotSame(await PlanAsync(Query), await Planner.PlanAsync(Query, Options with { TaskCountMax = 3 }, Token));

    [Fact]
    public async Task Text_WhoseFilesChanged_IsPlannedAnew()
    {
        var before = await PlanAsync(Query);
        await WriteAsync("b", 300);
        var after = await PlanAsync(Query);

        Assert.NotSame(before, after);
        Assert.Equal(400, (await _files!.DescribeAsync(after.Files[0].Source, Token)).RowCount);
    }

    [Fact]
    public async Task Text_WhoseFilesAreGone_Fails()
    {
        await PlanAsync(Query);
        File.Delete(Path.Combine(_folder.FullName, "a.parquet"));
        await Assert.ThrowsAsync<Errors.FlowException>(() => PlanAsync(Query));
    }

    [Fact]
    public async Task Text_AfterATableWasDescribedAnew_IsPlannedAnew()
    {
        var before = await PlanAsync("SELECT id FROM t");
        await Planner.AddTableAsync("t", "SELECT CAST(NULL AS INTEGER) AS id", 1_000, Token);
        var after = await PlanAsync("SELECT id FROM t");

        Assert.Equal("BIGINT", before.Stages[^1].ColumnTypes[0]);
        Assert.Equal("INTEGER", after.Stages[^1].ColumnTypes[0]);
    }

    [Theory]
    [InlineData("SELECT id, now() FROM t")]
    [InlineData("SELECT id, CURRENT_DATE FROM t")]
    [InlineData("SELECT id, current_timestamp FROM t")]
    [InlineData("SELECT id, Today() FROM t")]
    [InlineData("SELECT id, age(TIMESTAMP '2020-01-01') FROM t")]
    [InlineData("SELECT id, ago(INTERVAL 1 DAY) FROM t")]
    [InlineData("SELECT id, random() FROM t")]
    public async Task Text_ThatIsAnotherOneLater_IsPlannedEachTime(string sql) => Assert.NotSame(await PlanAsync(sql), await PlanAsync(sql));

    private Task<DistributedPlan> PlanAsync(string sql) => Planner.PlanAsync(sql, Options, Token);

    private async Task WriteAsync(string name, int rowCount)
    {
        await using var session = _engine!.OpenSession();
        await session.ExecuteAsync(
            $"COPY (SELECT i AS id, i % 7 AS g FROM range({rowCount}) AS r(i)) TO {EngineText.Literal(Path.Combine(_folder.FullName, $"{name}.parquet"))} (FORMAT parquet)", null, Token);
    }
}
