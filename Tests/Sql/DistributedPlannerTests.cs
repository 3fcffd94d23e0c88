using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>Planning as its users see it.</summary>
public sealed class DistributedPlannerTests : IAsyncLifetime
{
    private static readonly StageOptions Two = new() { TaskCountMax = 2, BytesPerTask = 1 };

    private DistributedPlanner _planner = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _planner = await DistributedPlanner.OpenAsync(Token);
        await _planner.AddTableAsync("sales", "SELECT 1 AS id, 'x' AS region, CAST(1.5 AS DECIMAL(9, 2)) AS amount", 1_000_000, Token);
    }

    public ValueTask DisposeAsync() => _planner.DisposeAsync();

    [Fact]
    public async Task Plan_OfAnAggregate_HasStagesThatTravelAsJson()
    {
        var plan = await _planner.PlanAsync("SELECT region, sum(amount) AS total FROM sales GROUP BY region", Two, Token);

        var text = JsonSerializer.Serialize(plan, DistributedPlanJson.Default.DistributedPlan);
        var read = JsonSerializer.Deserialize(text, DistributedPlanJson.Default.DistributedPlan)!;
        Assert.Equal(text, JsonSerializer.Serialize(read, DistributedPlanJson.Default.DistributedPlan));
        Assert.Equal(["region", "total"], read.Names);
        Assert.Equal([2, 2, 1], read.Stages.Select(stage => stage.TaskCount));
        Assert.Equal(ExchangeKind.Shuffle, Assert.Single(read.Stages[0].Outputs).Kind);
        Assert.Equal(["region", "amount"], Assert.Single(read.Stages[0].Scans).Columns);
        Assert.True(read.Stages[^1].IsPassThrough);
        Assert.Equal(["VARCHAR", "DECIMAL(38,2)"], read.Stages[^1].ColumnTypes);
    }

    [Theory]
    [InlineData("SELECT region, count(*) AS n FROM (SELECT * FROM sales LIMIT 100) GROUP BY region", true)]
    [InlineData("SELECT region, count(*) AS n FROM (SELECT * FROM sales ORDER BY amount LIMIT 100) GROUP BY region", true)]
    [InlineData("SELECT n, count(*) AS m FROM (SELECT row_number() OVER (PARTITION BY region ORDER BY amount) AS n FROM sales) GROUP BY n", true)]
    [InlineData("SELECT x, count(*) AS n FROM (SELECT any_value(id) AS x FROM sales GROUP BY region) GROUP BY x", true)]
    [InlineData("SELECT x, count(*) AS n FROM (SELECT sum(amount::DOUBLE) AS x FROM sales GROUP BY region) GROUP BY x", true)]
    [InlineData("SELECT x, count(*) AS n FROM (SELECT floor(random() * 9) AS x FROM sales) GROUP BY x", true)]
    [InlineData("SELECT x, count(*) AS n FROM (SELECT sum(amount) AS x, min(id) FROM sales WHERE id > 7 GROUP BY region) GROUP BY x", false)]
    [InlineData("SELECT DISTINCT a.region FROM sales AS a JOIN sales AS b USING (id) WHERE b.amount > 3", false)]
    public async Task Stages_ThatMayMakeOtherRowsTheNextTime_SaySo(string sql, bool isVolatile)
    {
        var plan = await _planner.PlanAsync(sql, Two with { BroadcastBytesMax = 0 }, Token);

        Assert.Equal(isVolatile, plan.Stages.Any(stage => stage.IsVolatile));
    }

    /// <summary>A task that reads none of such rows has nobody else to ask for their columns.</summary>
    [Fact]
    public async Task Stage_WhoseRowsAreOnlyCounted_SaysTheTypeOfItsOneColumn()
    {
        var plan = await _planner.PlanAsync("SELECT a.id FROM sales AS a ANTI JOIN (SELECT 1 FROM sales AS b WHERE b.id = 7) AS c ON true", Two, Token);

        var counted = Assert.Single(plan.Stages, stage => stage.Sql.Contains("AS nothing", StringComparison.Ordinal) && stage.Inputs.Count == 0);
        Assert.Equal(["INTEGER"], counted.ColumnTypes);
    }

    [Fact]
    public async Task Plan_WithOneTaskAtMost_IsTheTextItself()
    {
        const string sql = "SELECT region, count(*) FROM sales GROUP BY region";

        var plan = await _planner.PlanAsync(sql, new StageOptions(), Token);

        Assert.True(plan.IsLocal);
        Assert.Equal(sql, Assert.Single(plan.Stages).Sql);
        Assert.Equal("sales", Assert.Single(plan.Stages[0].Scans).Name);
        Assert.Empty(plan.Reasons);
    }

    [Fact]
    public async Task Plan_OfWhatHasNoForm_IsTheTextItselfAndSaysWhy()
    {
        const string sql = "SELECT id FROM sales ORDER BY id LIMIT (SELECT max(id) FROM sales)";

        var plan = await _planner.PlanAsync(sql, Two, Token);

        Assert.True(plan.IsLocal);
        Assert.Equal(sql, Assert.Single(plan.Stages).Sql);
        Assert.Equal(["id"], plan.Names);
        Assert.Contains("LIMIT", Assert.Single(plan.Reasons), StringComparison.Ordinal);
        Assert.Contains("! a LIMIT", await _planner.ExplainAsync(sql, Two, Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT nothing FROM sales", EngineErrorKind.Binder)]
    [InlineData("SELECT * FROM nowhere", EngineErrorKind.Catalog)]
    [InlineData("SELEC 1", EngineErrorKind.Syntax)]
    public async Task Plan_OfAWrongQuery_FailsAsTheEngineSays(string sql, EngineErrorKind kind)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => _planner.PlanAsync(sql, Two, Token));

        Assert.Equal(kind, failure.Kind);
    }

    [Fact]
    public async Task Table_RemovedOrDescribedAnew_IsPlannedAsItIsNow()
    {
        await _planner.AddTableAsync("Sales", "SELECT 1 AS other", 10, Token);
        Assert.Equal(["other"], (await _planner.PlanAsync("SELECT * FROM sales", Two, Token)).Names);

        await _planner.RemoveTableAsync("sales", Token);
        await _planner.RemoveTableAsync("sales", Token);
        await Assert.ThrowsAsync<EngineException>(() => _planner.PlanAsync("SELECT * FROM sales", Two, Token));
    }

    [Fact]
    public async Task Plans_AskedForAtOnce_AreAllMade()
    {
        var plans = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => _planner.PlanAsync($"SELECT sum(id + {number}) FROM sales", Two, Token)));

        Assert.All(plans, plan => Assert.Equal(2, plan.Stages.Count));
    }

    [Theory]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, 0, 1, 0)]
    [InlineData(1, 1_025, 1, 0)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(1, 1, 1, -1)]
    public void Options_OutOfRange_AreRefused(int tasks, int partitions, long bytes, long broadcast)
    {
        var options = new StageOptions { TaskCountMax = tasks, PartitionsPerTask = partitions, BytesPerTask = bytes, BroadcastBytesMax = broadcast };

        Assert.Throws<ArgumentException>(options.Validate);
    }
}
