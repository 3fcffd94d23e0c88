using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: what is left of the rows that come, less those that are taken back, is what a batch query gives; and no row is taken back that is not there.</summary>
public sealed class ChangesTests : IAsyncLifetime
{
    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT k, count(*), sum(n), min(v), max(name) FROM e GROUP BY k")]
    [InlineData("SELECT count(*), sum(n), count(DISTINCT name) FROM e WHERE flag")]
    [InlineData("SELECT count(*) FROM e")]
    [InlineData("SELECT [k], name, count(*), max(v) FILTER (flag) FROM e GROUP BY [k], name")]
    [InlineData("SELECT k, flag, avg(n), round(stddev(v), 6), bool_and(flag), min(name) FROM (SELECT * FROM e WHERE n IS NOT NULL) GROUP BY k, flag")]
    [InlineData("SELECT k % 3, median(v), count(DISTINCT n), string_agg(name, ',' ORDER BY name) FROM e GROUP BY k % 3")]
    [InlineData("SELECT name, count(*) AS c FROM e GROUP BY name, k HAVING count(*) % 3 = 1")]
    [InlineData("SELECT DISTINCT name, flag FROM e")]
    [InlineData("SELECT c, count(*), sum(s) FROM (SELECT k, count(*) // 4 AS c, sum(n) AS s FROM e GROUP BY k) GROUP BY c")]
    [InlineData("SELECT name FROM e WHERE flag UNION SELECT name FROM e WHERE n > 0")]
    [InlineData("SELECT k, count(*) FROM e GROUP BY k UNION ALL SELECT k, n FROM e WHERE flag")]
    [InlineData("SELECT a.k, a.n, b.v FROM e a LEFT JOIN (SELECT k, v FROM e WHERE v > 20) b ON a.k = b.k AND a.n > b.v WHERE a.flag")]
    [InlineData("SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 500) a RIGHT JOIN (SELECT k, v FROM e WHERE v > 20) b ON a.k + 1 = b.k")]
    [InlineData("SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 500) a FULL JOIN (SELECT k, v FROM e WHERE v > 20) b ON a.k = b.k + 3")]
    [InlineData("SELECT a.k, a.n, b.c FROM (SELECT * FROM e WHERE n > 500) a JOIN (SELECT k, count(*) AS c FROM e GROUP BY k) b ON a.k = b.k")]
    [InlineData("SELECT k, n FROM e WHERE flag AND NOT EXISTS (SELECT 1 FROM e AS b WHERE b.k = e.k AND b.n > 900)")]
    [InlineData("SELECT a.k, a.ts, b.n FROM (SELECT * FROM e WHERE flag) a ASOF JOIN (SELECT k, max(n) AS n, ts FROM e WHERE NOT flag GROUP BY k, ts) b ON a.k = b.k AND a.ts >= b.ts")]
    public async Task Changes_LeaveWhatABatchQueryGives(string query)
    {
        foreach (var isInLives in (bool[])[false, true])
        {
            var events = new WindowEvents(isInLives ? 3 : 2, count: 500);
            var expected = await events.AskAsync(_engine, BatchOf(query), Token);
            var lines = isInLives
                ? await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + query, events, _engine, Token)
                : await StreamJobRun.LinesAsync(StreamJobRun.TimedEvents + query, events, _engine, 2, Token);

            Assert.NotEmpty(expected);
            Assert.Equal(expected, LeftOf(lines));
        }
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 500) a JOIN (SELECT k, v FROM e WHERE v > 20) b ON a.k = b.k AND a.n > b.v")]
    [InlineData("SELECT a.k, a.n, b.n FROM e a JOIN e b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '1 second' AND b.ts + INTERVAL '2 seconds' WHERE a.flag AND NOT b.flag")]
    [InlineData("SELECT a.n, b.n, c.n FROM (SELECT * FROM e WHERE n > 700) a JOIN (SELECT * FROM e WHERE n < -700) b USING (k) JOIN (SELECT * FROM e WHERE v > 20) c USING (k)")]
    public async Task InnerJoinOfRowsThatStay_OnlyAddsRows(string query)
    {
        var events = new WindowEvents(3, count: 600);
        var expected = await events.AskAsync(_engine, BatchOf(query), Token);

        Assert.NotEmpty(expected);
        Assert.Equal(expected, await StreamJobRun.RunAsync(StreamJobRun.TimedEvents + query, events, _engine, 2, Token));
        Assert.Equal(expected, StreamJobRun.Ordered(await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + query, events, _engine, Token)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WindowOverAJoinWithoutWindow_AndAWindowJoinedWithRows_GiveWhatABatchQueryGives()
    {
        const string Stream = """
            CREATE VIEW p AS SELECT a.k, a.n + b.n AS n FROM (SELECT * FROM e WHERE n > 500) a JOIN (SELECT * FROM e WHERE n < -500) b ON a.k = b.k;
            CREATE VIEW w AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS rows FROM e GROUP BY w, k;
            SELECT k, count(*), sum(n) FROM p GROUP BY tumble(INTERVAL '10 seconds'), k
            """;
        const string Pairs = """
            select a.k, count(*), sum(a.n + b.n) from (select * from e where n > 500) a join (select * from e where n < -500) b on a.k = b.k
            group by floor(greatest(a.t, b.t) / 1e7), a.k
            """;
        var events = new WindowEvents(3, count: 600);
        Assert.Equal(await events.AskAsync(_engine, Pairs, Token), StreamJobRun.Ordered(await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + Stream, events, _engine, Token)));

        var both = Stream[..Stream.LastIndexOf("SELECT", StringComparison.Ordinal)] + "SELECT w.k, rows, e.n FROM w JOIN e ON w.k = e.k WHERE e.n > 800";
        var expected = await events.AskAsync(_engine, "select w.k, w.r, e.n from (select k, count(*) as r from e group by k, floor(t / 5e6)) w join e on w.k = e.k where e.n > 800", Token);
        Assert.Equal(expected, StreamJobRun.Ordered(await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + both, events, _engine, Token)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("count(*)")]
    [InlineData("count(DISTINCT n)")]
    public async Task GroupsThatAreIdleForTheTtl_AreTakenBack(string call)
    {
        var events = new WindowEvents(3, count: 2_000);
        var lines = await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + $"SET updating_ttl = INTERVAL '20 seconds'; SELECT epoch_us(ts) // 10000000, {call} FROM e GROUP BY 1", events, _engine, Token);
        var all = await events.AskAsync(_engine, $"select floor(t / 1e7)::bigint, {call} from e group by 1", Token);

        var left = LeftOf(lines);

        // Each part of time is a group that gets no rows later; so the last ones are there, and the first ones are not.
        Assert.InRange(left.Count, 1, all.Count / 2);
        Assert.All(left, row => Assert.Contains(row, all));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Set_SaysHowLongRowsAreKept()
    {
        var program = await StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); SET updating_ttl = '2 hours'; SELECT count(*) FROM i", new StreamPlanOptions(), Token);

        var totals = program.Nodes.Single(node => node.Chain[0].Kind == TotalsOperator.Kind);
        Assert.Equal(7_200_000_000, TotalsConfig.Parser.ParseFrom(totals.Chain[0].Config).TtlMicros);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("", false, 1_000)]
    [InlineData("SET checkpoint_barriers = 'unaligned';", true, 1_000)]
    [InlineData("SET checkpoint_barriers = unaligned; SET alignment_timeout = INTERVAL '30 seconds';", true, 30_000)]
    [InlineData("SET alignment_timeout = 0; SET checkpoint_barriers = 'UNALIGNED';", true, 0)]
    [InlineData("SET checkpoint_barriers = 'unaligned'; SET checkpoint_barriers = DEFAULT;", false, 1_000)]
    public async Task Set_SaysWhetherBarriersOvertake(string text, bool isUnaligned, int alignmentMilliseconds)
    {
        var program = await StreamPlanner.PlanAsync($"{text} CREATE TABLE i WITH (connector = 'impulse'); SELECT counter FROM i", new StreamPlanOptions(), Token);

        Assert.Equal(new CheckpointBarriers { IsUnaligned = isUnaligned, AlignmentTimeout = TimeSpan.FromMilliseconds(alignmentMilliseconds) }, CheckpointBarriers.Of(ProgramChaining.Chain(program)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT subtask_index, count(*), max(counter) FROM i GROUP BY subtask_index", "totals")]
    [InlineData("SELECT sum(counter) FROM i", "totals")]
    [InlineData("SELECT DISTINCT counter FROM i", "totals")]
    [InlineData("SELECT count(DISTINCT counter) FROM i", "changes")]
    [InlineData("SELECT [counter], count(*) FROM i GROUP BY [counter]", "changes")]
    [InlineData("SELECT c, count(*) FROM (SELECT count(*) AS c FROM i GROUP BY counter) GROUP BY c", "totals,changes")]
    public async Task RowsOfAggregates_AreKeptOnlyWhereTheyAreNeeded(string text, string kinds)
    {
        var program = await StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); " + text, new StreamPlanOptions(), Token);

        Assert.Equal(kinds, string.Join(',', program.Nodes.Select(node => node.Chain[0].Kind).Where(kind => kind is "totals" or "changes")));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT a.counter FROM i a JOIN i b ON a.counter > b.counter", FlowErrorCode.Unsupported, "Updating joins must include an equijoin condition")]
    [InlineData("SELECT count(*) FROM (SELECT counter, count(*) FROM i GROUP BY counter) GROUP BY tumble(INTERVAL '1 second')", FlowErrorCode.Unsupported, "A window needs rows that stay")]
    [InlineData("SELECT median(c) FROM (SELECT counter, count(*) AS c FROM i GROUP BY counter) GROUP BY tumble(INTERVAL '1 second')", FlowErrorCode.Unsupported, "A window needs rows that stay")]
    [InlineData("SELECT count(*) FROM i GROUP BY ROLLUP (counter, subtask_index)", FlowErrorCode.Unsupported, "without grouping sets")]
    [InlineData("CREATE TABLE f (a BIGINT) WITH (connector = 'single_file', path = '/x'); INSERT INTO f SELECT count(*) FROM i", FlowErrorCode.BadInput, "Table 'f' takes rows that stay, and rows of this query are taken back when they change")]
    [InlineData("SET updating_ttl = '1 month'", FlowErrorCode.BadOption, "SET updating_ttl: 1 month is no interval above zero without months")]
    [InlineData("SET updating_ttl = 'soon'", FlowErrorCode.BadOption, "SET updating_ttl: soon is no interval above zero without months")]
    [InlineData("SET checkpoint_barriers = 'crooked'", FlowErrorCode.BadOption, "checkpoint_barriers is 'crooked'; it is 'aligned' or 'unaligned'.")]
    [InlineData("SET alignment_timeout = '2 days'", FlowErrorCode.BadOption, "SET alignment_timeout: 2 days is longer than 1 day.")]
    [InlineData("SET colour = 'red'", FlowErrorCode.BadOption, "There is no option 'colour' to SET; there are: alignment_timeout, checkpoint_barriers, parallelism, updating_ttl.")]
    public async Task Text_ThatCannotBePlanned_IsRefusedInClearWords(string text, FlowErrorCode code, string words)
    {
        var exception = await Assert.ThrowsAsync<FlowException>(
            () => StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); " + text, new StreamPlanOptions(), Token));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Equal(code, exception.Code);
    }

    /// <summary>The same query over the events as the batch has them.</summary>
    private static string BatchOf(string query) =>
        $"select * from (with e as (select * exclude (_timestamp), _timestamp as ts from events) {query.Replace("SELECT", "select", StringComparison.Ordinal)})";

    /// <summary>What is left of rows whose last column says whether they are taken back, in order of the lines.</summary>
    private static List<string> LeftOf(List<string> lines)
    {
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var at = line.LastIndexOf('|');
            var row = line[..at];
            left[row] = left.GetValueOrDefault(row) + (line[(at + 1)..] == "True" ? -1 : 1);
            Assert.True(left[row] >= 0, $"'{row}' is taken back, and is not there.");
        }

        return StreamJobRun.Ordered([.. left.SelectMany(row => Enumerable.Repeat(row.Key, row.Value))]);
    }
}
