using OrleansFlow.StreamJobs;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Goal: what the typed builder's operators give is what DuckDB gives for a batch query, also when a job is stopped and goes on with another parallelism.</summary>
public sealed class StreamJobLivesTests(LifeEngine lives) : IClassFixture<LifeEngine>, IDisposable
{
    private static readonly TimeSpan Five = TimeSpan.FromSeconds(5);

    private static readonly int[] Wanted = [1, 3, 5, 7];

    private readonly string _folder = Directory.CreateTempSubdirectory("builder-lives-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [MemberData(nameof(Names))]
    public Task Job_GivesWhatABatchQueryGives_InEachOfThreeLives(string name)
    {
        var (make, golden) = Cases[name];
        return new BuilderLives(lives, _folder).AssertAsync((job, folder) => make(BuilderLives.Events(job), BuilderLives.File(folder, "o")), ("o", golden));
    }

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static readonly Dictionary<string, (Action<JobRows<LifeEvent>, JobConnector> Make, string Golden)> Cases = new(StringComparer.Ordinal)
    {
        ["where and select"] = (
            (e, o) => e.Where(r => r.N > 0 && r.Name != null && r.V >= -10.5)
                .Select(r => new { Name = r.Name!.ToUpper() + "/" + r.K, Half = r.N / 2, Cut = (long)r.V!.Value, Later = r.Ts.AddMinutes(5), Odd = Wanted.Contains(r.N!.Value % 9) })
                .SinkTo("o", o),
            "SELECT concat(upper(name), '/', k), n // 2, trunc(v)::BIGINT, ts + INTERVAL 5 MINUTE, n % 9 IN (1, 3, 5, 7) FROM e WHERE n > 0 AND name IS NOT NULL AND v >= -10.5"),
        ["null is equal to null as in C#"] = (
            (e, o) => e.Where(r => r.Flag != true || r.K == r.N).Select(r => new { r.K, r.N, Say = r.Flag ?? false ? "yes" : "no" }).SinkTo("o", o),
            "SELECT k, n, CASE WHEN coalesce(flag, false) THEN 'yes' ELSE 'no' END FROM e WHERE flag IS DISTINCT FROM true OR k IS NOT DISTINCT FROM n"),
        ["flat map"] = (
            (e, o) => e.Where(r => r.K > 3).FlatMap(r => new[] { r.N, r.N + 1 }, (r, item) => new { r.K, Item = item }).SinkTo("o", o),
            "SELECT k, unnest([n, n + 1]) FROM e WHERE k > 3"),
        ["tumbling window by key"] = (
            (e, o) => e.KeyBy(r => r.K).Window(JobWindow.Tumbling(Five))
                .Aggregate(g => new { g.Key, g.Start, g.End, Count = g.Count(), Sum = g.Sum(r => (long?)r.N), Mean = g.Average(r => r.V), Least = g.Min(r => r.Name), Yes = g.Count(r => r.Flag == true) })
                .SinkTo("o", o),
            "SELECT k, make_timestamp(w * 5000000), make_timestamp(w * 5000000 + 5000000), count(*), sum(n)::BIGINT, avg(v), min(name), count(*) FILTER (WHERE flag) FROM (SELECT *, epoch_us(ts) // 5000000 AS w FROM e) GROUP BY w, k"),
        ["tumbling window of all"] = (
            (e, o) => e.Window(JobWindow.Tumbling(Five)).Aggregate(g => new { Count = g.Count(), Different = g.CountDistinct(r => r.Name), Median = g.Call<double?, int?>("median", r => r.N) }).SinkTo("o", o),
            "SELECT count(*), count(DISTINCT name), median(n) FROM e GROUP BY epoch_us(ts) // 5000000"),
        ["hopping window by two keys"] = (
            (e, o) => e.KeyBy(r => new { r.Name, Big = r.K > 5 }).Window(JobWindow.Hopping(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10)))
                .Aggregate(g => new { g.Key.Name, g.Key.Big, Sum = g.Sum(r => (long?)r.N, r => r.Flag == true) }).SinkTo("o", o),
            "SELECT name, coalesce(k > 5, false), (sum(n) FILTER (WHERE flag))::BIGINT FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 5)) AS w FROM e) GROUP BY w, name, coalesce(k > 5, false)"),
        ["session by key"] = (
            (e, o) => e.KeyBy(r => r.K).Window(JobWindow.Session(TimeSpan.FromMilliseconds(500))).Aggregate(g => new { g.Key, Count = g.Count(), Sum = g.Sum(r => (long?)r.N) }).SinkTo("o", o),
            "SELECT k, count(*), sum(n)::BIGINT FROM (SELECT *, sum(CASE WHEN t - before < 500000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY k ORDER BY ts) AS before FROM e)) GROUP BY k, s"),
        ["cumulating window by key"] = (
            (e, o) => e.KeyBy(r => r.K).Window(JobWindow.Cumulating(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10))).Aggregate(g => new { g.Key, g.End, Count = g.Count() }).SinkTo("o", o),
            "SELECT k, make_timestamp((epoch_us(ts) // 10000000) * 10000000 + s * 2000000) AS t, count(*) FROM e, range(1, 6) AS x(s) WHERE (epoch_us(ts) % 10000000) // 2000000 < s GROUP BY k, t"),
        ["window over windows, with having"] = (
            (e, o) => e.KeyBy(r => r.K).Window(JobWindow.Tumbling(TimeSpan.FromSeconds(1))).Aggregate(g => new { g.Key, Count = g.Count() }).Where(g => g.Count > 2)
                .KeyBy(g => g.Key).Window(JobWindow.Tumbling(TimeSpan.FromSeconds(10))).Aggregate(g => new { g.Key, Most = g.Max(r => r.Count), Seconds = g.Count() }).SinkTo("o", o),
            "SELECT k, max(c), count(*) FROM (SELECT epoch_us(ts) // 1000000 AS w, k, count(*) AS c FROM e GROUP BY ALL HAVING c > 2) GROUP BY w // 10, k"),
        ["same window again"] = (
            (e, o) => e.KeyBy(r => new { r.K, r.Name }).Window(JobWindow.Tumbling(Five)).Aggregate(g => new { g.Key.K, Count = g.Count() })
                .KeyBy(r => r.K).SameWindow().Aggregate(g => new { g.Key, Names = g.Count(), Rows = g.Sum(r => r.Count) }).SinkTo("o", o),
            "SELECT k, count(*), sum(c)::BIGINT FROM (SELECT epoch_us(ts) // 5000000 AS w, k, name, count(*) AS c FROM e GROUP BY ALL) GROUP BY w, k"),
        ["top of each window"] = (
            (e, o) => e.KeyBy(r => r.K).Window(JobWindow.Tumbling(Five)).Aggregate(g => new { g.Key, Rank = (g.Count() * 100) + (g.Key ?? 50), Count = g.Count() })
                .TopInWindow(2, r => true, r => r.Rank).Select(r => new { r.Key, r.Count }).SinkTo("o", o),
            "SELECT k, c FROM (SELECT *, row_number() OVER (PARTITION BY w ORDER BY c * 100 + coalesce(k, 50) DESC) AS p FROM (SELECT epoch_us(ts) // 5000000 AS w, k, count(*) AS c FROM e GROUP BY ALL)) WHERE p <= 2"),
        ["union of named operators of other parallelism"] = (
            (e, o) => e.Where(r => r.N > 500).Named("high").WithParallelism(2).Union(e.Where(r => r.N < -500).Named("low")).Select(r => new { r.K, r.N }).SinkTo("o", o).WithParallelism(1),
            "SELECT k, n FROM e WHERE n > 500 OR n < -500"),
    };
}
