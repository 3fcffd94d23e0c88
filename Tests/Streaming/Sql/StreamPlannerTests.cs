using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: a streaming text gives what a batch query over the same events gives, and what it cannot do is said in clear words.</summary>
public sealed class StreamPlannerTests : IAsyncLifetime
{
    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT k, upper(name) || '!' AS shout, n * 2 + 1 FROM e WHERE v > 0 OR flag", "select k, upper(name) || '!', n * 2 + 1 from e where v > 0 or flag")]
    [InlineData("SELECT * FROM e WHERE n % 3 = 0", "select k, name, n, v, flag from e where n % 3 = 0")]
    [InlineData("SELECT k, unnest([n, n + 1, NULL]) FROM e", "select k, unnest([n, n + 1, null]) from e")]
    [InlineData("SELECT count(*), sum(n) FROM e GROUP BY tumble(INTERVAL '5 seconds')", "select count(*), sum(n) from e group by floor(t / 5e6)")]
    [InlineData(
        "SELECT epoch_us(w.start), epoch_us(w.\"end\"), k, rows, a, m FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS rows, avg(v) AS a, max(name) AS m FROM e GROUP BY w, k)",
        "select s, s + 5000000, k, count(*), avg(v), max(name) from (select *, t - ((t % 5000000) + 5000000) % 5000000 as s from e) group by s, k")]
    [InlineData(
        "SELECT k + 1, name, sum(v) FILTER (flag) AS s, count(n) FROM e WHERE n > -500 GROUP BY hop(INTERVAL '2 seconds', INTERVAL '6 seconds'), k + 1, name HAVING count(*) > 1",
        """
        select k + 1, name, sum(v) filter (flag), count(n) from (
            select *, t - ((t % 2000000) + 2000000) % 2000000 - unnest(range(0, 3)) * 2000000 as s from e where n > -500
        ) group by s, k + 1, name having count(*) > 1
        """)]
    [InlineData(
        "SELECT k, count(*) FROM (SELECT k, n FROM e WHERE flag) GROUP BY session(INTERVAL '1.5 seconds'), k",
        """
        select k, count(*) from (
            select *, sum(case when t - before < 1500000 then 0 else 1 end) over (partition by k order by t) as s
            from (select *, lag(t) over (partition by k order by t) as before from e where flag)
        ) group by k, s
        """)]
    [InlineData(
        "SELECT rows, count(*) FROM (SELECT tumble(INTERVAL '1 second') AS w, k, count(*) AS rows FROM e GROUP BY w, k) GROUP BY tumble(INTERVAL '10 seconds'), rows",
        "select r, count(*) from (select floor(t / 1e7) as big, count(*) as r from e group by floor(t / 1e6), floor(t / 1e7), k) group by big, r")]
    public async Task Text_GivesWhatABatchQueryGives(string stream, string batch)
    {
        foreach (var seed in (int[])[2, 3, 5])
        {
            var events = new WindowEvents(seed, count: 1_000);
            var expected = await events.AskAsync(_engine, batch, Token);
            foreach (var parallelism in (uint[])[1, 2])
            {
                var lines = await StreamJobRun.RunAsync(StreamJobRun.Events + stream, events, _engine, parallelism, Token);
                Assert.Equal(expected, lines);
            }
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventTimeOfAGeneratedColumn_DecidesTheWindow()
    {
        var table = StreamJobRun.Events.Replace("flag BOOLEAN)", "flag BOOLEAN, ts TIMESTAMP GENERATED ALWAYS AS (make_timestamp(coalesce(n, 0) * 1000000)), WATERMARK FOR ts AS ts - INTERVAL '1 hour')", StringComparison.Ordinal);
        var events = new WindowEvents(4, count: 1_000);
        var expected = await events.AskAsync(_engine, "select floor(coalesce(n, 0) / 100)::bigint, count(*) from e group by 1", Token);

        var lines = await StreamJobRun.RunAsync(
            table + "SELECT epoch_us(w.start) // 100000000, rows FROM (SELECT tumble(INTERVAL '100 seconds') AS w, count(*) AS rows FROM e GROUP BY w)", events, _engine, 2, Token);

        Assert.Equal(expected, lines);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventTimeThatIsNull_EndsTheJobWithItsColumn()
    {
        var table = StreamJobRun.Events.Replace("flag BOOLEAN)", "flag BOOLEAN, ts TIMESTAMP GENERATED ALWAYS AS (make_timestamp(n * 1000000)), WATERMARK FOR ts)", StringComparison.Ordinal);

        var exception = await Assert.ThrowsAsync<FlowException>(() => StreamJobRun.RunAsync(table + "SELECT k FROM e", new WindowEvents(4), _engine, 1, Token));

        Assert.Equal(FlowErrorCode.BadInput, exception.Code);
        Assert.Contains("_timestamp is null in", exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ViewsAndInserts_ShareTheirSource()
    {
        const string Text = """
            CREATE TABLE i WITH (connector = 'impulse', event_time_interval_ms = 200);
            CREATE TABLE out (rows BIGINT, k TEXT) WITH (connector = 'blackhole');
            CREATE VIEW busy AS SELECT counter AS k, subtask_index AS n FROM i WHERE counter > 0;
            INSERT INTO out (k, rows) SELECT k, count(*) FROM busy GROUP BY tumble(INTERVAL '1 minute'), k;
            INSERT INTO out SELECT n, k FROM busy;
            """;

        var program = await StreamPlanner.PlanAsync(Text, new StreamPlanOptions { Parallelism = 3 }, Token);

        var source = program.Nodes[0].Chain[0];
        Assert.Equal(200_000, ImpulseConfig.Parser.ParseFrom(source.Config).EventTimeIntervalMicros);
        Assert.Single(program.Nodes, node => node.Chain[0].Kind == "impulse");
        Assert.Single(program.Nodes, node => node.Chain[0].Kind == "blackhole");
        Assert.Equal(program.Nodes.Count, program.Nodes.Select(node => node.Chain[0].Id).Distinct().Count());
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT counter AS number, subtask_index FROM i", "number,subtask_index")]
    [InlineData("SELECT counter % 3 AS k, count(*) AS rows FROM i GROUP BY k", "k,rows,_is_retract")]
    public async Task Query_IsShownByTheNamesOfItsColumns(string query, string columns)
    {
        var program = await StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); " + query, new StreamPlanOptions(), Token);

        Assert.Equal(columns, string.Join(',', RowSinkConfig.Parser.ParseFrom(program.Nodes[^1].Chain[0].Config).Columns));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SinkWithoutColumns_HasThoseOfTheQuery_WithNamesOfTheirOwn()
    {
        var program = await StreamPlanner.PlanAsync(
            "CREATE TABLE i WITH (connector = 'impulse'); CREATE TABLE o WITH (connector = 'single_file', path = '/x'); INSERT INTO o SELECT counter, counter AS counter, 1 AS one FROM i", new StreamPlanOptions(), Token);

        Assert.Equal(["counter", "counter_1", "one"], SingleFileSinkConfig.Parser.ParseFrom(program.Nodes[^1].Chain[0].Config).Rows.Columns);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SameText_IsPlannedToTheSameProgram()
    {
        const string Text = "CREATE TABLE i WITH (connector = 'impulse'); SELECT count(*) FROM i GROUP BY tumble(INTERVAL '1 hour'), counter % 10";

        Assert.Equal(await StreamPlanner.PlanAsync(Text, new StreamPlanOptions(), Token), await StreamPlanner.PlanAsync(Text, new StreamPlanOptions(), Token));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT count(*) FROM i GROUP BY hop(INTERVAL '40 minutes', INTERVAL '1 hour')", FlowErrorCode.BadInput, "hop() width 3600s currently must be a multiple of slide 2400s")]
    [InlineData("SELECT tumble(INTERVAL '1 second') FROM i", FlowErrorCode.BadInput, "A time window function is not allowed in this context. Are you missing a GROUP BY clause?")]
    [InlineData("SELECT count(*) FROM i GROUP BY tumble(INTERVAL '1 month')", FlowErrorCode.BadInput, "tumble() takes intervals above zero without months or years, which have no one length, and not '1 month'.")]
    [InlineData("SELECT count(*) FROM i GROUP BY tumble(INTERVAL '0 seconds')", FlowErrorCode.BadInput, "tumble() takes intervals above zero")]
    [InlineData("SELECT * FROM i ORDER BY counter", FlowErrorCode.Unsupported, "ORDER BY and LIMIT are not supported over streams, which have no end.")]

    [InlineData("SELECT counter FROM i WHERE false", FlowErrorCode.Unsupported, "This query reads no table, or never gives a row of it.")]
    [InlineData("SELECT nothing FROM i", FlowErrorCode.BadInput, "\"nothing\" not found")]
    [InlineData("INSERT INTO i SELECT 1, 2 FROM i", FlowErrorCode.BadInput, "attempted to insert into table 'i', but it is a source")]
    [InlineData("CREATE TABLE o WITH (connector = 'blackhole'); SELECT * FROM o", FlowErrorCode.BadInput, "Table with name o does not exist")]
    [InlineData("CREATE TABLE o (a INT) WITH (connector = 'blackhole'); SELECT * FROM o", FlowErrorCode.BadInput, "attempted to read from table 'o', but it is a sink")]
    [InlineData("CREATE TABLE o (a INT) WITH (connector = 'blackhole'); INSERT INTO o SELECT 1, 2 FROM i", FlowErrorCode.BadInput, "Table 'o' takes 1 columns (a), and the query gives 2")]
    [InlineData("CREATE TABLE o (a INT) WITH (connector = 'magic')", FlowErrorCode.BadOption, "the option connector is 'magic'; there are: blackhole, filesystem, function, http_polling, impulse, kafka, nexmark, orleans, postgres, redis, single_file, sse, stdout, webhook, websocket.")]
    [InlineData("CREATE TABLE o (a INT, b INT GENERATED ALWAYS AS (c + 1)) WITH (connector = 'blackhole')", FlowErrorCode.BadInput, "Table 'o', a generated column or the watermark")]
    [InlineData("CREATE TABLE o (a TIMESTAMP, WATERMARK FOR a AS a -) WITH (connector = 'blackhole')", FlowErrorCode.BadInput, "Table 'o', a generated column or the watermark")]
    [InlineData("CREATE TABLE o (a NOTYPE) WITH (connector = 'blackhole')", FlowErrorCode.BadInput, "NOTYPE")]
    [InlineData("CREATE TABLE i WITH (connector = 'impulse')", FlowErrorCode.BadInput, "There is a table 'i' already.")]
    [InlineData("CREATE TABLE f (a INT) WITH (connector = 'single_file'); INSERT INTO f SELECT counter FROM i", FlowErrorCode.BadOption, "Table 'f' needs the option path")]
    [InlineData("CREATE VIEW v AS SELECT * FROM i", FlowErrorCode.BadInput, "nothing would run")]
    [InlineData("CREATE TABLE m (a INT, b INT GENERATED ALWAYS AS (a + 1)); SELECT * FROM i", FlowErrorCode.BadInput, "Table 'm' has no WITH (connector = '...'), so that it is one in memory")]
    [InlineData("CREATE TABLE m (a BIGINT); INSERT INTO m SELECT counter FROM i; INSERT INTO m SELECT counter FROM i", FlowErrorCode.BadInput, "Can only insert into a memory table once")]
    [InlineData("CREATE TABLE m (a BIGINT); SELECT a FROM m", FlowErrorCode.BadInput, "Can't query from memory table m without first inserting into it.")]
    [InlineData("CREATE TABLE f (a BIGINT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts) WITH (connector = 'single_file', path = '/x', format = 'debezium_json'); SELECT a FROM f", FlowErrorCode.BadOption, "Table 'f': format debezium_json needs a PRIMARY KEY")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json'); SELECT a FROM c", FlowErrorCode.Unsupported, "Table 'c' is TEMPORARY, so that its rows are only looked up: join rows of a stream to it")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT) WITH (connector = 'single_file', path = '/x.json')", FlowErrorCode.BadInput, "lookup tables must have a PRIMARY KEY")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'impulse')", FlowErrorCode.Unsupported, "Table 'c': connector impulse looks no rows up.")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY)", FlowErrorCode.BadInput, "it needs WITH (connector = '...')")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY, b BIGINT GENERATED ALWAYS AS (a)) WITH (connector = 'single_file', path = '/x.json')", FlowErrorCode.BadInput, "it has no WATERMARK and no generated columns")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json', type = 'source')", FlowErrorCode.BadOption, "the option type is 'source'; it is one of: lookup")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json', 'lookup.in_flight.max' = '0')", FlowErrorCode.BadOption, "the option lookup.in_flight.max is '0'; it is a whole number of at least 1 and at most 1000")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json'); INSERT INTO c SELECT counter FROM i", FlowErrorCode.BadInput, "attempted to insert into table 'c', but it is a lookup")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json'); SELECT a, counter FROM i RIGHT JOIN c ON i.counter = c.a", FlowErrorCode.Unsupported, "so that only rows of the stream go on")]
    [InlineData("CREATE TEMPORARY TABLE c (a BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '/x.json'); SELECT a, x FROM (SELECT count(*) AS x FROM i) JOIN c ON x = c.a", FlowErrorCode.Unsupported, "can't handle updating left side of join")]
    [InlineData("CREATE VIEW v AS SELECT * FROM nowhere", FlowErrorCode.BadInput, "nowhere")]
    public async Task Text_ThatCannotBePlanned_IsRefusedInClearWords(string text, FlowErrorCode code, string words)
    {
        var exception = await Assert.ThrowsAsync<FlowException>(
            () => StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); " + text, new StreamPlanOptions(), Token));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Equal(code, exception.Code);
    }
}
