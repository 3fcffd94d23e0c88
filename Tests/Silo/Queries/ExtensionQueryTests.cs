using OrleansFlow.Client;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: what is declared once is planned by the silo and runs on real worker processes, with the headers of the query everywhere.</summary>
public sealed class ExtensionQueryTests
{
    private const int Watchdog = 120_000;

    /// <summary>The rows of the sample's node, by DuckDB.</summary>
    private const string Orders = "(SELECT range AS id, range * 25 AS cents FROM range(10000))";

    [Fact(Timeout = Watchdog)]
    public async Task Node_OfTheUser_RunsOnTwoWorkerProcesses()
    {
        await using var cluster = await ExtensionCluster.StartAsync();

        Assert.Equal(["n,total,processes", "1000,999000,2"], await cluster.AskAsync("SELECT count(*) AS n, sum(id)::BIGINT AS total, count(DISTINCT made_by) AS processes FROM orders(1000, step := 2)"));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("SELECT id % 7 AS k, spread(cents) AS s FROM orders(10000) GROUP BY k ORDER BY k", "SELECT id % 7 AS k, (max(cents) - min(cents))::DOUBLE AS s FROM {0} GROUP BY k ORDER BY k")]
    [InlineData("SELECT spread(cents) AS s FROM orders(10000)", "SELECT (max(cents) - min(cents))::DOUBLE AS s FROM {0}")]
    [InlineData("SELECT bucket(id) AS b, sum(discounted(cents, 10))::BIGINT AS total FROM orders(10000) WHERE bucket(id) % 9 = 3 GROUP BY b ORDER BY b", "SELECT id // 100 AS b, sum(cents * 90 // 100)::BIGINT AS total FROM {0} WHERE (id // 100) % 9 = 3 GROUP BY b ORDER BY b")]
    [InlineData("SELECT name, count(*) AS n FROM orders(10000) JOIN weekdays(first := 1) ON id % 7 + 1 = day GROUP BY name ORDER BY name", "SELECT dayname(DATE '2026-11-01' + (id % 7)::INT) AS name, count(*) AS n FROM {0} GROUP BY name ORDER BY name")]
    [InlineData("SELECT a.id FROM orders(50) a JOIN orders(10, step := 5) b ON a.id = b.id ORDER BY a.id", "SELECT id FROM {0} WHERE id % 5 = 0 AND id < 50 ORDER BY id")]
    [InlineData("SELECT id, spread(cents) OVER (PARTITION BY id % 3 ORDER BY id ROWS 2 PRECEDING) AS s FROM orders(100) ORDER BY id", "SELECT id, (max(cents) OVER w - min(cents) OVER w)::DOUBLE AS s FROM {0} WHERE id < 100 WINDOW w AS (PARTITION BY id % 3 ORDER BY id ROWS 2 PRECEDING) ORDER BY id")]
    public async Task Functions_OfTheUser_AnswerAsTheEnginesOwnDo(string sql, string alone)
    {
        await using var cluster = await ExtensionCluster.StartAsync();

        Assert.Equal(await cluster.AloneAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, alone, Orders)), await cluster.AskAsync(sql));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Headers_OfAQuery_ReachTheSessionsOfEveryStage()
    {
        await using var cluster = await ExtensionCluster.StartAsync();

        // The scans see the header through the codec; the tasks behind the exchange through the session's own function.
        Assert.Equal(
            ["k,scanned_for,grouped_for,n", .. Enumerable.Range(0, 5).Select(key => FormattableString.Invariant($"{key},blue,blue,20"))],
            await cluster.AskAsync("SELECT k, scanned_for, team() AS grouped_for, n FROM (SELECT id % 5 AS k, min(team) AS scanned_for, count(*) AS n FROM orders(100) GROUP BY id % 5) ORDER BY k", "blue"));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Metadata_OfAFlightSqlClient_ReachesTheWorkersWhereItIsAllowed()
    {
        await using var cluster = await ExtensionCluster.StartAsync();
        await using var channel = RpcChannel.ForAddress(cluster.Silo.Host.Endpoints.GrpcUrl);
        RpcMetadata metadata = [];
        metadata.Add("authorization", "Bearer " + cluster.Silo.Host.Endpoints.Token);
        metadata.Add("x-orleansflow-header-team", "green");
        metadata.Add("x-shop-team", "allowed");
        metadata.Add("x-shop-secret", "kept at the gateway");
        var call = new RpcCallOptions(Metadata: metadata, CancellationToken: TestContext.Current.CancellationToken);
        var flight = new FlightClient(channel);
        var info = await new FlightSqlClient(flight).QueryAsync("SELECT headers, team() AS t, count(*) AS n FROM (SELECT id % 3 AS k, min(team) AS team, min(headers) AS headers FROM orders(30) GROUP BY k) GROUP BY headers, t", call);
        var rows = new List<string>();
        await foreach (var batch in flight.DoGet(info.Endpoints[0].Ticket, call))
        {
            using (batch)
            {
                rows.AddRange(SqlProbe.Rows(batch));
            }
        }

        Assert.Equal(["team x-shop-team,green,3"], rows);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Option_OfAQuery_ReachesTheSessionsOfItsWorkers()
    {
        await using var cluster = await ExtensionCluster.StartAsync();
        const string Sql = "SELECT id, priced(cents) AS price FROM orders(3) ORDER BY id";

        Assert.Equal(["id,price", "0,0.00 EUR", "1,0.25 EUR", "2,0.50 EUR"], await cluster.AskAsync(Sql));
        Assert.Equal(
            ["id,price", "0,0.00 CHF", "1,0.25 CHF", "2,0.50 CHF"],
            await QueryCluster.AskAsync(cluster.Silo.Client.Query(Sql, null, new QueryOptions { Config = new Dictionary<string, string> { ["Currency"] = "CHF" } })));

        // What is not declared would be a setting of the engine.
        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(
            cluster.Silo.Client.Query(Sql, null, new QueryOptions { Config = new Dictionary<string, string> { ["memory_limit"] = "1TB" } })));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("'memory_limit'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("currency", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task SessionBuilder_ThatThrows_FailsTheQueryWithItsCodeAndTheWorkersServeOn()
    {
        await using var cluster = await ExtensionCluster.StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.AskAsync("SELECT id % 5 AS k, count(*) FROM orders(100) GROUP BY k", "intruder"));

        Assert.Equal(FlowErrorCode.Unauthenticated, failure.Code);
        Assert.Contains("intruder", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["n", "100"], await cluster.AskAsync("SELECT count(*) AS n FROM orders(100)"));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Function_ThatThrows_FailsTheQueryByNameAndTheWorkersServeOn()
    {
        await using var cluster = await ExtensionCluster.StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.AskAsync("SELECT sum(discounted(cents, (id % 200)::INT)) FROM orders(1000)"));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("Function 'discounted' failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("% is no discount", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["n", "100"], await cluster.AskAsync("SELECT count(*) AS n FROM orders(100)"));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Function_ThatAWorkerLacks_FailsTheQueryNamingBoth()
    {
        await using var cluster = await ExtensionCluster.StartAsync(more: QueryExtensions.None.WithFunctions(EngineFunction.Scalar<long, long>("only_at_the_silo", value => value)));

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.AskAsync("SELECT sum(only_at_the_silo(id)) FROM orders(1000)"));

        Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
        Assert.Contains("'only_at_the_silo'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Worker 'shop", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WithoutWorkers_HasFunctionsAndNodesInTheGateway()
    {
        await using var cluster = await ExtensionCluster.StartAsync(workerCount: 0);

        Assert.Equal(["b,s", "0,2475", "1,2475"], await cluster.AskAsync("SELECT bucket(id) AS b, spread(cents) AS s FROM orders(200) GROUP BY b ORDER BY b"));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Argument_ThatANodeRefuses_IsSaidBeforeAnythingRuns()
    {
        await using var cluster = await ExtensionCluster.StartAsync(workerCount: 0);

        var failure = await Assert.ThrowsAsync<FlowException>(() => cluster.AskAsync("SELECT * FROM orders(NULL)"));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("'count'", failure.Message, StringComparison.Ordinal);
    }
}
