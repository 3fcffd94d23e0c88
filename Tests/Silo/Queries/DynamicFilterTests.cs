using System.Globalization;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: the larger side of a join leaves out rows that find no match, and no answer changes for it, whatever the join and wherever NULL stands.</summary>
public sealed class DynamicFilterTests
{
    private const int Watchdog = 300_000;
    private const int RandomQueries = 60;
    private const string Selective = "select f.id, f.name, s.value from facts f join (select id, value from facts where value = 3) s on f.id = s.id order by f.id";

    private static readonly string[] JoinKeys = ["k", "t", "d", "s", "ts", "n"];

    private static readonly string[] Joins = ["join", "left join", "right join", "full join", "semi join", "anti join"];

    private static readonly string[] Tables =
    [
        "create table large as select range as n, case when range % 11 = 0 then null else (range * 7919) % 3000 end as k, (range % 120)::tinyint as t, date '2020-01-01' + (range % 900)::integer as d, "
            + "case when range % 17 = 0 then null else 'key ' || (range % 700) end as s, make_timestamp(range * 3600000000) as ts from range(8000)",
        "create table small as select range as n, case when range % 7 = 0 then null else range * 10 end as k, (range % 20)::tinyint as t, date '2020-03-01' + (range % 40)::integer as d, "
            + "case when range % 5 = 0 then null else 'key ' || (range * 3) end as s, make_timestamp(range * 7200000000) as ts from range(300)",
        "create table nothing as select * from small where false",
        "create table onlynull as select n, null::bigint as k, null::tinyint as t, null::date as d, null::varchar as s, null::timestamp as ts from small",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task RandomJoins_OfAllKinds_AnswerAsOneEngine(int seed, bool isAdaptive)
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.DynamicFilterRowsMin, options.Adaptive, options.TasksPerWorker) = (0, isAdaptive, 2));
        foreach (var table in Tables)
        {
            await cluster.RunAsync(table);
        }

        var random = new Random(seed);
        for (var number = 0; number < RandomQueries; number++)
        {
            var sql = RandomJoin(random);
            var expected = await cluster.AloneAsync(sql);
            var answer = await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql));

            Assert.True(expected.Skip(1).Order(StringComparer.Ordinal).SequenceEqual(answer.Skip(1).Order(StringComparer.Ordinal)), $"seed {seed}, query {number}: {sql}: {expected.Count} rows, not {answer.Count}");
        }

        Assert.Contains(cluster.Starts.Changes, change => change.Contains("(Filter)", StringComparison.Ordinal) && change.Contains("1 sets of hashes", StringComparison.Ordinal));
        Assert.True(cluster.Starts.Count > RandomQueries / 2, $"only {cluster.Starts.Count} ran on workers");
    }

    [Fact(Timeout = Watchdog)]
    public async Task LargerSide_WhoseMatchesAreKnown_SendsFewerRows()
    {
        var (with, without) = (await RowsOfLargerSideAsync(isFiltered: true), await RowsOfLargerSideAsync(isFiltered: false));

        Assert.Equal(60_000, without);
        Assert.InRange(with, 1, 600);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Filters_ThatAreTurnedOff_ChangeNothing()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.DynamicFilterRowsMin, options.DynamicFilters) = (0, false));

        Assert.Equal(await cluster.AloneAsync(Selective), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Selective)));

        Assert.Equal(1, cluster.Starts.Count);
        Assert.Empty(cluster.Starts.Changes);
    }

    /// <summary>Rows of the side that is larger, from what the gateway says of its stage: every stage has ended before the next one begins.</summary>
    private static async Task<long> RowsOfLargerSideAsync(bool isFiltered)
    {
        await using var real = await QueryCluster.StartRealAsync(options => (options.DynamicFilterRowsMin, options.DynamicFilters, options.Adaptive) = (0, isFiltered, true));
        Assert.Equal(await real.AloneAsync(Selective), await QueryCluster.AskAsync(real.Silo.Client.Query(Selective)));
        while (real.Starts.StageRows.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        return real.Starts.StageRows.Max();
    }

    private static string RandomJoin(Random random)
    {
        var keys = JoinKeys.OrderBy(_ => random.Next()).Take(random.Next(4) == 0 ? 2 : 1).ToArray();
        var (left, right) = random.Next(2) == 0 ? ("large", Small()) : (Small(), "large");
        var on = string.Join(" and ", keys.Select(key => $"l.{key} {(random.Next(8) == 0 ? "is not distinct from" : "=")} r.{key}"));
        var filter = random.Next(2) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" where n % {random.Next(2, 5)} = 0");
        var residual = random.Next(4) == 0 ? " and l.n < r.n" : "";
        var (leftRows, rightRows) = ($"(select * from {left}{(left == "large" ? "" : filter)}) l", $"(select * from {right}{(right == "large" ? "" : filter)}) r");
        return random.Next(10) switch
        {
            < 6 when Joins[random.Next(Joins.Length)] is var join => $"select {(join is "semi join" or "anti join" ? "l.n, l.k" : "l.n, r.n, l.k, r.s")} from {leftRows} {join} {rightRows} on {on}{residual}",
            < 8 => $"select l.n from {leftRows} where l.{keys[0]} {(random.Next(2) == 0 ? "" : "not ")}in (select {keys[0]} from {rightRows})",
            8 => $"select l.{keys[0]}, count(*), sum(r.n) from {leftRows} join {rightRows} on {on} group by l.{keys[0]}",
            _ => $"select l.n, x.n, r.k from {leftRows} left join large x on l.k = x.k join {rightRows} on {on}",
        };

        string Small() => random.Next(8) switch { 0 => "nothing", 1 => "onlynull", _ => "small" };
    }
}
