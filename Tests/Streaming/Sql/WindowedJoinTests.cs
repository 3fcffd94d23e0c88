using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: what rows of one window make together is what a batch query makes of them, straight and in three lives of other parallelism.</summary>
public sealed class WindowedJoinTests : IAsyncLifetime
{
    private const string Views = """
        CREATE VIEW a AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS rows, sum(n) AS total FROM e WHERE coalesce(n, 0) % 3 <> 0 GROUP BY w, k;
        CREATE VIEW b AS SELECT tumble(INTERVAL '5 seconds') AS w, k, max(name) AS last, avg(v) AS mean FROM e WHERE flag GROUP BY w, k;
        """;

    private const string Batch = """
        , s as (select *, t - ((t % 5000000) + 5000000) % 5000000 as w from e),
        a as (select w, k, count(*) as rows, sum(n) as total from s where coalesce(n, 0) % 3 <> 0 group by w, k),
        b as (select w, k, max(name) as last, avg(v) as mean from s where flag group by w, k)
        """;

    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT epoch_us(a.w.start), a.k, rows, total, last, mean FROM a JOIN b ON a.w = b.w AND a.k = b.k", "select a.w, a.k, rows, total, last, mean from a join b on a.w = b.w and a.k = b.k")]
    [InlineData("SELECT epoch_us(a.w.start), a.k, rows, last FROM a LEFT JOIN b ON a.w = b.w AND a.k = b.k", "select a.w, a.k, rows, last from a left join b on a.w = b.w and a.k = b.k")]
    [InlineData("SELECT b.k, rows, last, mean FROM a RIGHT JOIN b ON a.w = b.w AND a.k = b.k", "select b.k, rows, last, mean from a right join b on a.w = b.w and a.k = b.k")]
    [InlineData("SELECT a.k, b.k, rows, last FROM a FULL JOIN b ON a.w = b.w AND a.k = b.k", "select a.k, b.k, rows, last from a full join b on a.w = b.w and a.k = b.k")]
    [InlineData("SELECT a.k, b.k, rows, last FROM a FULL JOIN b USING (w, k) WHERE coalesce(rows, 2) > 1", "select a.k, b.k, rows, last from a full join b using (w, k) where coalesce(rows, 2) > 1")]
    [InlineData("SELECT a.k, b.k FROM a JOIN b ON a.w = b.w AND rows > length(last)", "select a.k, b.k from a join b on a.w = b.w and rows > length(last)")]
    [InlineData("SELECT a.k, rows FROM a LEFT JOIN b ON a.w = b.w AND a.k % 3 = b.k % 3 AND b.mean > total", "select a.k, rows from a left join b on a.w = b.w and a.k % 3 = b.k % 3 and b.mean > total")]
    [InlineData("SELECT k, rows FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.w = a.w AND b.k = a.k)", "select k, rows from a where exists (select 1 from b where b.w = a.w and b.k = a.k)")]
    [InlineData("SELECT k, rows FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.w = a.w AND b.k = a.k)", "select k, rows from a where not exists (select 1 from b where b.w = a.w and b.k = a.k)")]
    [InlineData("SELECT a.k, c.k, c.rows FROM a JOIN b ON a.w = b.w AND a.k = b.k JOIN a AS c ON c.w = b.w AND c.k = b.k + 1", "select a.k, c.k, c.rows from a join b on a.w = b.w and a.k = b.k join a as c on c.w = b.w and c.k = b.k + 1")]
    [InlineData("SELECT epoch_us(w.start), count(*), sum(rows), median(mean) FROM (SELECT a.w, rows, mean FROM a JOIN b ON a.w = b.w AND a.k = b.k) GROUP BY w", "select w, count(*), sum(rows), median(mean) from a join b using (w, k) group by w")]
    public async Task Join_GivesWhatABatchQueryGives(string stream, string batch) => await CheckAsync(Views + stream, Batch + batch);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(
        "SELECT k, rows, place FROM (SELECT k, rows, row_number() OVER (PARTITION BY w ORDER BY rows DESC, k) AS place FROM a) WHERE place <= 3",
        "select k, rows, place from (select k, rows, row_number() over (partition by w order by rows desc, k) as place from a) where place <= 3")]
    [InlineData(
        "SELECT k, lag(rows) OVER (PARTITION BY w ORDER BY k), sum(rows) OVER (PARTITION BY w), rank() OVER (PARTITION BY w, k % 2 ORDER BY total, k) FROM a",
        "select k, lag(rows) over (partition by w order by k), sum(rows) over (partition by w), rank() over (partition by w, k % 2 order by total, k) from a")]
    [InlineData(
        "SELECT k, ntile(2) OVER (PARTITION BY w, k % 2 ORDER BY k), first_value(rows) OVER (PARTITION BY w, k % 2 ORDER BY k) FROM a",
        "select k, ntile(2) over (partition by w, k % 2 order by k), first_value(rows) over (partition by w, k % 2 order by k) from a")]
    [InlineData("SELECT epoch_us(w.start), k FROM (SELECT w, k FROM a UNION SELECT w, k FROM b)", "select w, k from a union select w, k from b")]
    [InlineData("SELECT k FROM (SELECT w, k FROM a EXCEPT SELECT w, k FROM b)", "select k from (select w, k from a except select w, k from b)")]
    [InlineData("SELECT k FROM (SELECT w, k FROM a INTERSECT SELECT w, k FROM b)", "select k from (select w, k from a intersect select w, k from b)")]
    [InlineData("SELECT r FROM (SELECT DISTINCT w, rows % 2 AS r FROM a)", "select r from (select distinct w, rows % 2 as r from a)")]
    [InlineData("SELECT rows FROM a UNION ALL SELECT n FROM e UNION ALL SELECT k FROM e", "select rows from a union all select n from e union all select k from e")]
    public async Task FunctionsAndSets_GiveWhatABatchQueryGives(string stream, string batch) => await CheckAsync(Views + stream, Batch + batch);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("tumble(INTERVAL '4 seconds')", "[t - ((t % 4000000) + 4000000) % 4000000 + 4000000]")]
    [InlineData("hop(INTERVAL '2 seconds', INTERVAL '6 seconds')", "[t - ((t % 2000000) + 2000000) % 2000000 - i * 2000000 + 6000000 for i in range(3)]")]
    [InlineData("cumulate(INTERVAL '2 seconds', INTERVAL '6 seconds')", "[u for u in range(t - ((t % 6000000) + 6000000) % 6000000 + 2000000, t - ((t % 6000000) + 6000000) % 6000000 + 6000001, 2000000) if u > t]")]
    public async Task AggregatesThatNeedAllRows_GiveWhatABatchQueryGives(string window, string ends)
    {
        const string Calls = "count(DISTINCT name), median(v), quantile_disc(n, 0.25), sum(DISTINCT n) FILTER (flag), string_agg(name, ',' ORDER BY name), count(*)";

        await CheckAsync(
            $"SELECT k % 3, {Calls} FROM e GROUP BY {window}, k % 3",
            $"select k % 3, {Calls} from (select *, unnest({ends}) as w from e) group by w, k % 3");
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("SELECT median(counter) FROM i GROUP BY session(INTERVAL '1 second')", FlowErrorCode.Unsupported, "is not computed in sessions; there are: avg,")]
    [InlineData("SELECT counter, row_number() OVER (PARTITION BY counter ORDER BY counter) FROM i", FlowErrorCode.Unsupported, "Window functions require already windowed input, and PARTITION BY its window.")]
    [InlineData("SELECT row_number() OVER (ORDER BY c) FROM (SELECT tumble(INTERVAL '1 second') AS w, count(*) AS c FROM i GROUP BY w)", FlowErrorCode.Unsupported, "Window functions require already windowed input")]
    [InlineData("SELECT DISTINCT ON (counter) counter, subtask_index FROM i", FlowErrorCode.Unsupported, "DISTINCT ON is not supported over streams")]
    [InlineData("SELECT counter FROM i EXCEPT ALL SELECT subtask_index FROM i", FlowErrorCode.Unsupported, "EXCEPT over streams needs the same window in both queries.")]
    [InlineData("SELECT * FROM i POSITIONAL JOIN i AS j", FlowErrorCode.Unsupported, "A join of kind Positional")]
    public async Task Text_ThatCannotBePlanned_IsRefusedInClearWords(string text, FlowErrorCode code, string words)
    {
        var exception = await Assert.ThrowsAsync<FlowException>(
            () => StreamPlanner.PlanAsync("CREATE TABLE i WITH (connector = 'impulse'); " + text, new StreamPlanOptions(), Token));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Equal(code, exception.Code);
    }

    private async Task CheckAsync(string stream, string batch)
    {
        var events = new WindowEvents(2, count: 1_000);
        var expected = await events.AskAsync(_engine, batch, Token);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, await StreamJobRun.RunAsync(StreamJobRun.TimedEvents + stream, events, _engine, 1, Token));

        events = new WindowEvents(3, count: 1_000);
        expected = await events.AskAsync(_engine, batch, Token);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, StreamJobRun.Ordered(await StreamJobRun.RunLivesAsync(StreamJobRun.TimedEvents + stream, events, _engine, Token)));
    }
}
