using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Differential;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Queries;

/// <summary>
/// Random queries on the engine alone: each is valid, runs without an error, and has the same result with one thread and with two and
/// over another order of the same rows. FLOW_RANDOM_QUERIES (how many) and FLOW_RANDOM_SEED (from where on) run others on demand.
/// </summary>
public sealed class RandomQueryTests
{
    private const int DefaultCount = 500;
    private const ulong DefaultSeed = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Queries_OfManySeeds_AreValidAndHaveOneResult()
    {
        var count = Setting("FLOW_RANDOM_QUERIES", DefaultCount);
        var first = (ulong)Setting("FLOW_RANDOM_SEED", (int)DefaultSeed);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seeds {first} to {first + (ulong)count - 1}.");
        var folder = Directory.CreateTempSubdirectory("flow-random-");
        try
        {
            var tables = DifferentialTables.Create(first);
            await TableFiles.WriteAsync(tables, folder.FullName, null, Token);
            await using var one = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
            await using var two = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2, PreserveInsertionOrder = false }, Token);
            await using var oneSession = one.OpenSession();
            await using var twoSession = two.OpenSession();
            await oneSession.ExecuteAsync(TableFiles.CreateTablesSql(tables, folder.FullName), null, Token);
            await twoSession.ExecuteAsync(Shuffled(tables, folder.FullName), null, Token);
            var features = new Dictionary<string, int>(StringComparer.Ordinal);
            var report = await DifferentialRun.CompareAsync(
                Queries(first, count, features),
                (query, token) => ResultTable.QueryAsync(oneSession, query.Sql, token),
                (query, token) => ResultTable.QueryAsync(twoSession, query.Sql, token),
                Token);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{report.NonEmpty} of {count} find rows, DuckDB could not plan {report.Unjudged.Count}. {string.Join(", ", features.OrderByDescending(known => known.Value).Select(known => $"{known.Key} {known.Value}"))}");
            Assert.True(report.Problems.Count == 0, report.ToString());
            Assert.InRange(report.Unjudged.Count, 0, count / 500);
            Assert.True(report.NonEmpty > count * 6 / 10, $"Only {report.NonEmpty} of {count} find anything.");
            if (count >= DefaultCount)
            {
                Assert.DoesNotContain(ExpectedFeatures, feature => features.GetValueOrDefault(feature) < 2);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Query_OfASeed_IsAlwaysTheSame()
    {
        for (var seed = 1UL; seed < 50; seed++)
        {
            Assert.Equal(RandomQueries.Create(seed).Query.Sql, RandomQueries.Create(seed).Query.Sql);
        }
    }

    private static string[] ExpectedFeatures =>
    [
        "join", "left join", "right join", "full join", "semi join", "anti join", "cross join", "join by inequality", "join with a condition", "as-of join",
        "lateral join", "aggregate", "count distinct", "filtered aggregate", "quantile", "rollup", "cube", "grouping sets", "having", "window", "framed window",
        "lag, lead", "window over aggregates", "qualify", "distinct", "distinct on", "limit", "union", "union all", "intersect", "intersect all", "except",
        "except all", "exists", "in", "not in", "any, all", "in by rows", "scalar", "correlated scalar", "sub-query in from", "cte", "recursive cte", "values",
        "range",
    ];

    private static IEnumerable<QueryText> Queries(ulong first, int count, Dictionary<string, int> features)
    {
        for (var seed = first; seed < first + (ulong)count; seed++)
        {
            var random = RandomQueries.Create(seed);
            foreach (var feature in random.Features)
            {
                features[feature] = features.GetValueOrDefault(feature) + 1;
            }

            yield return random.Query;
        }
    }

    private static string Shuffled(TableSet tables, string folder) => string.Join('\n', tables.Tables.Select(table =>
        $"CREATE TABLE {table.Name} AS SELECT * FROM read_parquet({EngineText.Literal(TableFiles.Pattern(table, folder))}) ORDER BY hash({table.Schema.Fields[0].Name}, 17);"));

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
