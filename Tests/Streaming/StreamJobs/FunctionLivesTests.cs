using OrleansFlow.StreamJobs;
using OrleansFlow.Streaming.Functions.Typed;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Goal: functions of the host that a job names give what DuckDB gives for the same rule, in three lives.</summary>
public sealed class FunctionLivesTests(LifeEngine lives) : IClassFixture<LifeEngine>, IDisposable
{
    private const string Sessions = "SELECT k, make_timestamp(min(t)), make_timestamp(max(t) + 500000), count(*), min(n), max(n) FROM (SELECT *, sum(CASE WHEN t - before < 500000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY k ORDER BY ts) AS before FROM e)) GROUP BY k, s";

    private readonly string _folder = Directory.CreateTempSubdirectory("builder-functions-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Watchdog.Milliseconds * 2)]
    [MemberData(nameof(Names))]
    public Task Function_GivesWhatABatchQueryGives_InEachOfThreeLives(string name)
    {
        var (make, golden) = Cases[name];
        return new BuilderLives(lives, _folder, Register).AssertAsync((job, folder) => make(BuilderLives.Events(job), BuilderLives.File(folder, "o")), ("o", golden));
    }

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static readonly Dictionary<string, (Action<JobRows<LifeEvent>, JobConnector> Make, string Golden)> Cases = new(StringComparer.Ordinal)
    {
        ["process"] = (
            (e, o) => e.KeyBy(r => r.K).Process<Spread>("seconds").Named("by-second").Select(r => new { r.K, r.Start, r.Count }).SinkTo("o", o),
            "SELECT k, date_trunc('second', ts) AS s, count(*) FROM e GROUP BY k, s"),
        ["process, and a window over what it gives"] = (
            (e, o) => e.KeyBy(r => r.K).Process<Spread>("seconds").KeyBy(r => r.K).Window(JobWindow.Tumbling(TimeSpan.FromHours(24))).Aggregate(g => new { g.Key, Rows = g.Sum(r => r.Count) }).SinkTo("o", o),
            "SELECT k, count(*) FROM e GROUP BY k, date_trunc('second', ts + INTERVAL 1 SECOND)::DATE"),
        ["scalar"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).Map<Scored>("score@2").SinkTo("o", o),
            "SELECT k, name, n * 10 + coalesce(length(name), 0) FROM e WHERE n % 5 <> 0"),
        ["table"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).FlatMap<Scored>("letters").Where(r => r.Score > 0).SinkTo("o", o),
            "SELECT k, name[i + 1], i FROM e, range(1, 3) AS x(i) WHERE i < length(name)"),
        ["async in order"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).AsyncMap<Scored>("slow", new AsyncOptions { AttemptsMax = 2, RetryDelay = TimeSpan.Zero, Timeout = TimeSpan.FromHours(1), InFlightMax = 16 }).SinkTo("o", o),
            "SELECT k, name, coalesce(n, -1) * 2 FROM e"),
        ["async as it is ready, and a window over it"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N))
                .AsyncMap<Scored>("slow", new AsyncOptions { IsOrdered = false, AttemptsMax = 2, RetryDelay = TimeSpan.Zero, Timeout = TimeSpan.FromHours(1), InFlightMax = 8 }).Named("answers").WithParallelism(2)
                .KeyBy(r => r.K).Window(JobWindow.Tumbling(TimeSpan.FromSeconds(5))).Aggregate(g => new { g.Key, Count = g.Count(), Sum = g.Sum(r => r.Score) }).SinkTo("o", o),
            "SELECT k, count(*), sum(coalesce(n, -1) * 2)::BIGINT FROM e GROUP BY k, epoch_us(ts) // 5000000"),
        ["aggregate by a tumbling window"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).KeyBy(r => r.K).Window(JobWindow.Tumbling(TimeSpan.FromSeconds(5))).Aggregate<Spread>("spread").SinkTo("o", o),
            "SELECT k, make_timestamp(w * 5000000), make_timestamp(w * 5000000 + 5000000), count(*), min(n), max(n) FROM (SELECT *, epoch_us(ts) // 5000000 AS w FROM e) GROUP BY w, k"),
        ["aggregate by a hopping window"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).KeyBy(r => r.K).Window(JobWindow.Hopping(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10))).Aggregate<Spread>("spread").SinkTo("o", o),
            "SELECT k, make_timestamp(w * 2000000), make_timestamp(w * 2000000 + 10000000), count(*), min(n), max(n) FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 5)) AS w FROM e) GROUP BY w, k"),
        ["aggregate by a cumulating window"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).KeyBy(r => r.K).Window(JobWindow.Cumulating(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10))).Aggregate<Spread>("spread").SinkTo("o", o),
            "SELECT k, make_timestamp(w * 10000000), make_timestamp(w * 10000000 + s * 2000000), count(*), min(n), max(n) FROM (SELECT *, epoch_us(ts) // 10000000 AS w FROM e), range(1, 6) AS x(s) WHERE (epoch_us(ts) % 10000000) // 2000000 < s GROUP BY k, w, s"),
        ["aggregate by sessions, which merge"] = (
            (e, o) => e.Select(r => new Part(r.K, r.Name, r.N)).KeyBy(r => r.K).Window(JobWindow.Session(TimeSpan.FromMilliseconds(500))).Aggregate<Spread>("spread").SinkTo("o", o),
            Sessions),
    };

    private static void Register(OperatorRegistry registry) => registry
        .AddProcess("seconds", () => new SecondsFunction())
        .AddScalarFunction("score@2", () => new ScoreFunction())
        .AddTableFunction("letters", () => new LettersFunction())
        .AddAsyncFunction("slow", () => new SlowFunction())
        .AddAggregateFunction("spread", () => new SpreadFunction());
}
