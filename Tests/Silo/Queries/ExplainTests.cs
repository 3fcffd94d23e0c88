using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Explain;
using OrleansFlow.Sql.Explain;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: EXPLAIN over the gateway says how a statement would run, whatever it is, and runs nothing that it is not asked to run.</summary>
public sealed class ExplainTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n from facts group by key order by key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Explain_OfAQueryForWorkers_ShowsItsStages()
    {
        await using var cluster = await QueryCluster.StartAsync();

        var (key, text) = Assert.Single(await ExplainAsync(cluster, $"explain {Grouped}"));

        Assert.Equal(ExplainRows.DistributedPlan, key);
        Assert.Contains("Stage 1: tasks=2, shuffle by c0 partitions=2, rows~", text, StringComparison.Ordinal);
        Assert.Contains("[Stage 1] Shuffle input_tasks=2", text, StringComparison.Ordinal);
        Assert.Contains("Scan facts [key]", text, StringComparison.Ordinal);
        Assert.All(cluster.Workers, worker => Assert.Empty(worker.Plans));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("json", "\"isLocal\": false")]
    [InlineData("GRAPHVIZ", "digraph plan {")]
    [InlineData("'mermaid'", "flowchart BT")]
    [InlineData("text", "Stage 1: tasks=2")]
    public async Task Explain_HasTheFormatThatIsAskedFor(string format, string expected)
    {
        await using var cluster = await QueryCluster.StartAsync();

        var (key, text) = Assert.Single(await ExplainAsync(cluster, $"EXPLAIN (FORMAT {format}) {Grouped}"));

        Assert.Equal(ExplainRows.DistributedPlan, key);
        Assert.Contains(expected, text, StringComparison.Ordinal);
        if (format == "json")
        {
            using var plan = JsonDocument.Parse(text);
            Assert.All(plan.RootElement.GetProperty("stages").EnumerateArray(), stage => Assert.True(stage.GetProperty("estimatedRows").GetInt64() >= 0));
        }
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("select 1 as one", "it reads no registered table")]
    [InlineData("select sum(id) from facts positional join dims", "positional")]
    [InlineData("insert into dims select key, name from facts", "it changes a table")]
    [InlineData("create table copied as select * from facts", "it changes a table")]
    public async Task Explain_OfWhatRunsInTheGateway_ShowsTheEnginesPlanAndWhy(string sql, string why)
    {
        await using var cluster = await QueryCluster.StartAsync();

        var rows = await ExplainAsync(cluster, "explain " + sql);

        Assert.Equal(["physical_plan", ExplainRows.NotDistributed], rows.Select(row => row.Key));
        Assert.Contains(why, rows[1].Value, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["90"], (await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from dims"))).Skip(1));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(ExplainFormat.Text)]
    [InlineData(ExplainFormat.Json)]
    [InlineData(ExplainFormat.Graphviz)]
    [InlineData(ExplainFormat.Mermaid)]
    public async Task Explain_OfWhatRunsInTheGateway_HasEveryFormat(ExplainFormat format)
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);

        var rows = await ExplainAsync(cluster, $"explain (format {format}) select count(*) from facts");

        Assert.Equal(["physical_plan", ExplainRows.NotDistributed], rows.Select(row => row.Key));
        Assert.Contains("no worker", rows[1].Value, StringComparison.Ordinal);
        Assert.NotEmpty(rows[0].Value);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("explain select 'copy it to export' as word, count(*) from facts")]
    [InlineData("explain analyze select 'copy' as export")]
    [InlineData("explain select 1 as copy -- export")]
    [InlineData("/* explain */ explain (analyze) (select 'copy' as \"export\")")]
    public async Task Explain_OfATextWithWordsOfFiles_IsRun(string sql)
    {
        await using var cluster = await QueryCluster.StartAsync();

        Assert.NotEmpty(await ExplainAsync(cluster, sql));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("explain analyze insert into dims values (1, 'x')")]
    [InlineData("explain (analyze on, format json) create table made as select 1 as a")]
    [InlineData("explain /* not */ analyze -- at all\n drop table dims")]
    [InlineData("explain (format json) analyze delete from dims")]
    public async Task ExplainAnalyze_OfAChange_IsRefusedAndChangesNothing(string sql)
    {
        await using var cluster = await QueryCluster.StartAsync();

        Assert.Equal(FlowErrorCode.Unsupported, (await Assert.ThrowsAsync<FlowException>(() => ExplainAsync(cluster, sql))).Code);

        Assert.Equal(["90"], (await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from dims"))).Skip(1));
        await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from made")));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("explain (format html) select 1", "'html'")]
    [InlineData("explain (format json, costs) select 1", "character 23")]
    [InlineData("explain", "nothing to explain")]
    [InlineData("explain analyze (format json)", "nothing to explain")]
    public async Task Explain_ThatCannotBeRead_SaysWhere(string sql, string what)
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);

        var failure = await Assert.ThrowsAsync<FlowException>(() => ExplainAsync(cluster, sql));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Explain_OfAWrongText_PointsIntoTheUsersText()
    {
        await using var cluster = await QueryCluster.StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => ExplainAsync(cluster, "explain\nselect key,\n  no_such from facts"));

        Assert.Contains("LINE 3:   no_such from facts", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain select 1", ExplainFormat.Text, false, "        select 1")]
    [InlineData("EXPLAIN\nANALYZE VERBOSE\nselect 1", ExplainFormat.Text, true, "       \n               \nselect 1")]
    [InlineData("explain(select 1)", ExplainFormat.Text, false, "       (select 1)")]
    [InlineData("explain (analyze off, format json) x", ExplainFormat.Json, false, "                                   x")]
    [InlineData("-- c\nexplain /* a /* b */ */ (ANALYZE) y", ExplainFormat.Text, true, "    \n                                  y")]
    public void Explain_IsTakenApart(string sql, ExplainFormat format, bool isAnalyze, string body) =>
        Assert.Equal(new ExplainStatement(format, isAnalyze, body), ExplainStatement.TryParse(sql));

    [Theory]
    [InlineData("explained")]
    [InlineData("select 'explain x'")]
    [InlineData("")]
    [InlineData("-- explain")]
    public void Text_ThatIsNoExplain_IsLeftAlone(string sql) => Assert.Null(ExplainStatement.TryParse(sql));

    [Theory]
    [InlineData("explain select 1", "explain select 1")]
    [InlineData("explain (format json) select 1", "EXPLAIN (FORMAT JSON) select 1")]
    [InlineData("explain(select 1)", "EXPLAIN(select 1)")]
    public void EngineText_KeepsPlacesWhereThereIsRoom(string sql, string expected) =>
        Assert.Equal(expected, ExplainStatement.TryParse(sql)!.ToEngineText(), ignoreCase: true);

    internal static async Task<List<(string Key, string Value)>> ExplainAsync(QueryCluster cluster, string sql)
    {
        var rows = new List<(string, string)>();
        await foreach (var batch in cluster.Silo.Client.Query(sql).WithCancellation(Token))
        {
            using (batch)
            {
                rows.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => ((string)batch.Column(0).GetValue(row)!, (string)batch.Column(1).GetValue(row)!)));
            }
        }

        return rows;
    }
}
