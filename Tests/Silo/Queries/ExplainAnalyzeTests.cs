using System.Globalization;
using System.Text.Json;
using OrleansFlow.Silo.Gateway.Explain;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: EXPLAIN ANALYZE runs a query on the workers and says what came of each stage, task and operator.</summary>
public sealed class ExplainAnalyzeTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n from facts group by key order by key";

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_HasRowsOfEveryStageAndTask()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        using var plan = await AnalyzeAsync(cluster, Grouped);

        var stages = plan.RootElement.GetProperty("stages").EnumerateArray().ToList();
        var actuals = stages.Select(stage => stage.GetProperty("actual")).ToList();
        Assert.Equal(97, actuals[^1].GetProperty("rows").GetInt64());

        // Every key is on both sides of the first exchange.
        Assert.Equal(2 * 97, actuals[0].GetProperty("rows").GetInt64());
        foreach (var (stage, actual) in stages.Zip(actuals))
        {
            var tasks = actual.GetProperty("tasks").EnumerateArray().ToList();
            Assert.Equal(stage.GetProperty("tasks").GetInt32(), tasks.Count);
            Assert.Equal(stage.GetProperty("tasks").GetInt32(), actual.GetProperty("attempts").GetInt32());
            Assert.All(tasks, task => Assert.Equal("finished", task.GetProperty("state").GetString()));
            Assert.All(tasks, task => Assert.StartsWith("real", task.GetProperty("worker").GetString(), StringComparison.Ordinal));
            Assert.All(tasks, task => Assert.True(task.GetProperty("timeMs").GetDouble() > 0));
            Assert.Equal(actual.GetProperty("rows").GetInt64(), tasks.Sum(task => task.GetProperty("rows").GetInt64()));
            Assert.True(actual.GetProperty("rowSkew").GetDouble() >= 1);
        }

        Assert.True(actuals[1].GetProperty("rowsIn").GetInt64() == 2 * 97);
        Assert.True(actuals[1].GetProperty("inputWaitMs").GetDouble() > 0);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_HasTheOperatorsOfEachTaskWithAnEngine()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        using var plan = await AnalyzeAsync(cluster, Grouped);

        var first = plan.RootElement.GetProperty("stages")[0].GetProperty("actual").GetProperty("tasks").EnumerateArray().ToList();
        Assert.All(first, task => Assert.Contains(
            task.GetProperty("operators").EnumerateArray(),
            one => one.GetProperty("name").GetString()!.Contains("GROUP_BY", StringComparison.Ordinal) && one.GetProperty("rows").GetInt64() == 97));
        Assert.Equal(60_000, first.Sum(task => task.GetProperty("operators").EnumerateArray().Max(one => one.GetProperty("rows").GetInt64())));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_AsText_StandsUnderEachStage()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        var (key, text) = Assert.Single(await ExplainTests.ExplainAsync(cluster, $"EXPLAIN ANALYZE {Grouped}"));

        Assert.Equal(ExplainRows.AnalyzedDistributedPlan, key);
        Assert.Contains("  > rows=97, bytes=", text, StringComparison.Ordinal);
        Assert.Contains("  >   task 1 at real", text, StringComparison.Ordinal);
        Assert.Contains("attempts=2, skew=", text, StringComparison.Ordinal);
        Assert.Contains("GROUP_BY rows=97, bytes=", text, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("graphviz")]
    [InlineData("mermaid")]
    public async Task Analysis_IsDrawn(string format)
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        var (_, text) = Assert.Single(await ExplainTests.ExplainAsync(cluster, $"EXPLAIN (ANALYZE, FORMAT {format}) {Grouped}"));

        Assert.Contains("rows=97, bytes=", text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_OfAQueryThatStopsEarly_LosesNoTask()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        using var plan = await AnalyzeAsync(cluster, "select id, name from facts limit 5");

        foreach (var stage in plan.RootElement.GetProperty("stages").EnumerateArray())
        {
            Assert.Equal(stage.GetProperty("tasks").GetInt32(), stage.GetProperty("actual").GetProperty("tasks").GetArrayLength());
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_CountsAttemptsOfLostTasks()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var victim = cluster.Workers[1];
        victim.BeforeRunAsync = async (_, _) =>
        {
            await victim.KillAsync();
            throw new OrleansFlow.Errors.FlowException(OrleansFlow.Errors.FlowErrorCode.WorkerLost, "killed");
        };

        using var plan = await AnalyzeAsync(cluster, Grouped);

        var stages = plan.RootElement.GetProperty("stages").EnumerateArray().ToList();
        Assert.True(stages.Sum(stage => stage.GetProperty("actual").GetProperty("attempts").GetInt32()) > stages.Sum(stage => stage.GetProperty("tasks").GetInt32()));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_ShowsWhichAttemptOfACopiedTaskCounts()
    {
        await using var cluster = await QueryCluster.StartAsync(options => (options.KeepsRows, options.Speculates, options.SpeculationAfter) = (true, true, TimeSpan.FromMilliseconds(100)));
        cluster.Workers[1].BeforeRunAsync = (plan, token) => plan.Scans.Count > 0 ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask;

        using var plan = await AnalyzeAsync(cluster, Grouped);

        var scans = plan.RootElement.GetProperty("stages").EnumerateArray().First().GetProperty("actual");
        Assert.Equal(3, scans.GetProperty("attempts").GetInt32());
        Assert.Equal(
            [(1, "tiny0", "finished"), (2, "tiny0", "finished")],
            scans.GetProperty("tasks").EnumerateArray().Select(task => (task.GetProperty("attempt").GetInt32(), task.GetProperty("worker").GetString(), task.GetProperty("state").GetString())).Order());
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatNobodyAnalyzes_IsNotProfiled()
    {
        await using var cluster = await QueryCluster.StartAsync();

        await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped));
        Assert.All(cluster.Workers.SelectMany(worker => worker.Plans), plan => Assert.False(plan.IsProfiled));

        await ExplainTests.ExplainAsync(cluster, $"EXPLAIN ANALYZE {Grouped}");
        Assert.Contains(cluster.Workers.SelectMany(worker => worker.Plans), plan => plan.IsProfiled);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Analysis_OfWhatRunsInTheGateway_IsTheEnginesOwn()
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);

        var rows = await ExplainTests.ExplainAsync(cluster, "explain analyze select count(*) as n from facts");

        Assert.Equal(["analyzed_plan", ExplainRows.NotDistributed], rows.Select(row => row.Key));
        Assert.Contains("Total Time", rows[0].Value, StringComparison.Ordinal);
        Assert.Contains(60_000.ToString("N0", CultureInfo.InvariantCulture), rows[0].Value, StringComparison.Ordinal);
    }

    private static async Task<JsonDocument> AnalyzeAsync(QueryCluster cluster, string sql) =>
        JsonDocument.Parse(Assert.Single(await ExplainTests.ExplainAsync(cluster, $"EXPLAIN (ANALYZE, FORMAT json) {sql}")).Value);
}
