using OrleansFlow.StreamJobs;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Goal: joins, and what is aggregated over all time, as DuckDB gives them for the whole data, in three lives.</summary>
public sealed class JoinLivesTests(LifeEngine lives) : IClassFixture<LifeEngine>, IDisposable
{
    private static readonly TimeSpan Five = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("builder-joins-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [InlineData(JobJoin.Inner)]
    [InlineData(JobJoin.Left)]
    [InlineData(JobJoin.Right)]
    [InlineData(JobJoin.Full)]
    public Task WindowJoin_OfNamedWindows_GivesWhatABatchQueryGives(JobJoin kind) => new BuilderLives(lives, _folder).AssertAsync(
        (job, folder) =>
        {
            var e = BuilderLives.Events(job);
            var left = e.Where(r => r.N > 0).KeyBy(r => r.K).Window(JobWindow.Tumbling(Five)).Aggregate(g => new Counted(g.Key, g.Count())).Named("left-counts").WithParallelism(2);
            var right = e.Where(r => r.Flag == true).KeyBy(r => r.K).Window(JobWindow.Tumbling(Five)).Aggregate(g => new Counted(g.Key, g.Count())).Named("right-counts");
            left.JoinWindow(right, l => l.K, r => r.K, (l, r) => new { Left = l.K, Right = r.K, A = (long?)l.Count, B = (long?)r.Count }, kind).SinkTo("o", BuilderLives.File(folder, "o"));
        },
        ("o", $"WITH x AS (SELECT *, epoch_us(ts) // 5000000 AS w FROM e), a AS (SELECT w, k, count(*) AS c FROM x WHERE n > 0 GROUP BY w, k), b AS (SELECT w, k, count(*) AS c FROM x WHERE flag GROUP BY w, k) SELECT a.k, b.k, a.c, b.c FROM a {kind} JOIN b ON a.w = b.w AND a.k = b.k"));

    [Fact(Timeout = Watchdog.Milliseconds * 2)]
    public Task Join_WithoutAWindow_GivesEachPairOnce() => new BuilderLives(lives, _folder).AssertAsync(
        (job, folder) =>
        {
            var e = BuilderLives.Events(job);
            e.Where(r => r.N > 900).Join(e.Where(r => r.N < -900), l => l.K, r => r.K, (l, r) => new { l.K, A = l.N, B = r.N }).WithStateTtl(TimeSpan.FromDays(2)).SinkTo("o", BuilderLives.File(folder, "o"));
        },
        ("o", "SELECT l.k, l.n, r.n FROM e AS l JOIN e AS r ON l.k = r.k WHERE l.n > 900 AND r.n < -900"));

    [Fact(Timeout = Watchdog.Milliseconds * 2)]
    public Task IntervalJoin_GivesPairsWhoseTimesAreNear() => new BuilderLives(lives, _folder).AssertAsync(
        (job, folder) =>
        {
            var e = BuilderLives.Events(job);
            e.Where(r => r.N > 500).JoinWithin(
                e.Where(r => r.N < -500), l => new { l.K, l.Name }, r => new { r.K, r.Name }, l => l.Ts, r => r.Ts, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), (l, r) => new { l.K, A = l.N, B = r.N, l.Ts, Other = r.Ts })
                .SinkTo("o", BuilderLives.File(folder, "o"));
        },
        ("o", "SELECT l.k, l.n, r.n, l.ts, r.ts FROM e AS l JOIN e AS r ON l.k = r.k AND l.name = r.name AND r.ts BETWEEN l.ts - INTERVAL 1 SECOND AND l.ts + INTERVAL 3 SECONDS WHERE l.n > 500 AND r.n < -500"));

    [Fact(Timeout = Watchdog.Milliseconds * 2)]
    public Task Exists_OverWindows_KeepsOrLeavesOutTheirRows() => new BuilderLives(lives, _folder).AssertAsync(
        (job, folder) =>
        {
            var e = BuilderLives.Events(job);
            var all = e.KeyBy(r => r.K).Window(JobWindow.Tumbling(Five)).Aggregate(g => new Counted(g.Key, g.Count()));
            var few = e.Where(r => r.N > 800).KeyBy(r => r.K).Window(JobWindow.Tumbling(Five)).Aggregate(g => new Counted(g.Key, g.Count()));
            all.WhereExists(few, l => l.K, r => r.K).SinkTo("yes", BuilderLives.File(folder, "yes"));
            all.WhereNotExists(few, l => l.K, r => r.K).SinkTo("no", BuilderLives.File(folder, "no"));
        },
        ("yes", "WITH x AS (SELECT *, epoch_us(ts) // 5000000 AS w FROM e), a AS (SELECT w, k, count(*) AS c FROM x GROUP BY w, k) SELECT k, c FROM a WHERE EXISTS (SELECT 1 FROM x WHERE x.w = a.w AND x.k = a.k AND n > 800)"),
        ("no", "WITH x AS (SELECT *, epoch_us(ts) // 5000000 AS w FROM e), a AS (SELECT w, k, count(*) AS c FROM x GROUP BY w, k) SELECT k, c FROM a WHERE NOT EXISTS (SELECT 1 FROM x WHERE x.w = a.w AND x.k = a.k AND n > 800)"));

    [Fact(Timeout = Watchdog.Milliseconds * 2)]
    public Task AggregateOverAllTime_EndsWithTheTotalsOfABatchQuery() => new BuilderLives(lives, _folder).AssertAsync(
        (job, folder) =>
        {
            var o = BuilderLives.File(folder, "o");
            o["format"] = "debezium_json";
            BuilderLives.Events(job).KeyBy(r => r.K).Aggregate(g => new { g.Key, Count = g.Count(), Sum = g.Sum(r => (long?)r.N) }).SinkTo("o", o);
        },
        ("o", "SELECT k, count(*), sum(n)::BIGINT FROM e GROUP BY k"));

    /// <summary>Rows of a key.</summary>
    private sealed record Counted(long? K, long Count);
}
