using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Clicks;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Differential;
using OrleansFlow.Benchmarks.Queries.Stars;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Stages;
using GeneratedText = OrleansFlow.Benchmarks.Queries.Tables.QueryText;

namespace OrleansFlow.Tests.Sql;

/// <summary>
/// Star-schema, click-stream and random queries in stages against the same queries in one piece. FLOW_SQL_SEEDS is the number of random queries,
/// FLOW_SQL_SEED the first seed.
/// </summary>
public sealed class GeneratedQueryTests
{
    private static readonly int SeedCount = Setting("FLOW_SQL_SEEDS", 60);
    private static readonly int FirstSeed = Setting("FLOW_SQL_SEED", 7_000);

    [Fact]
    public Task StarQueries_InStages_HaveTheSameAnswers() => CompareAsync(StarTables.Create(new StarScale(300)), StarTables.Queries);

    [Fact]
    public Task ClickQueries_InStages_HaveTheSameAnswers() => CompareAsync(ClickTables.Create(2_000), ClickTables.Queries);

    [Fact]
    public Task RandomQueries_InStages_HaveTheSameAnswers() => CompareAsync(
        DifferentialTables.Create((ulong)FirstSeed, 400),
        [.. Enumerable.Range(FirstSeed, SeedCount).Select(seed => RandomQueries.Create((ulong)seed).Query)]);

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : fallback;

    private static async Task CompareAsync(TableSet tables, IReadOnlyList<GeneratedText> queries)
    {
        var token = TestContext.Current.CancellationToken;
        await using var instance = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, token);
        await using var planner = await SqlPlanner.OpenAsync(token);
        var rows = await LoadAsync(instance, planner, tables, token);
        var problems = new List<string>();
        var localCount = 0;
        for (var index = 0; index < queries.Count; index++)
        {
            var query = queries[index];
            var options = index % 2 == 0
                ? new StageOptions { TaskCountMax = 2, PartitionsPerTask = 3, BytesPerTask = 1, BroadcastBytesMax = 0 }
                : new StageOptions { TaskCountMax = 4, BytesPerTask = 1, BroadcastBytesMax = 1 << 20 };
            await using var session = instance.OpenSession();
            var expected = await ResultTable.QueryAsync(session, query.Sql, token);
            DistributedPlan? plan = null;
            try
            {
                var cut = StageCutter.Cut(await planner.PlanAsync(query.Sql, token), options, table => rows[table]);
                plan = cut.ToDistributedPlan();
                localCount += plan.IsLocal ? 1 : 0;
                var text = await new LocalExecutor(session, plan).ExecuteAsync(token);
                var actual = await ResultTable.QueryAsync(session, text, token);
                if (ResultComparer.Compare(expected, actual, query.Order, query.FloatTolerance) is { } difference)
                {
                    problems.Add($"{query.Name}: {difference}\n{query.Sql}\n{PlanText.Write(cut)}");
                }
            }
            catch (PlanReadException exception)
            {
                localCount++;
                TestContext.Current.TestOutputHelper?.WriteLine($"{query.Name} runs in one task: {exception.Message}");
            }
            catch (EngineException exception)
            {
                problems.Add($"{query.Name}: {exception.Message}\n{query.Sql}\n{string.Join('\n', plan?.Stages.Select(stage => stage.Sql) ?? [])}\n");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{queries.Count} queries, {localCount} of them in one task");
        problems.ForEach(problem => TestContext.Current.TestOutputHelper?.WriteLine(problem));
        Assert.Empty(problems);
        Assert.InRange(localCount, 0, queries.Count / 5);
    }

    private static async Task<Dictionary<string, long>> LoadAsync(
        EngineInstance instance, SqlPlanner planner, TableSet tables, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        await using var session = instance.OpenSession();
        foreach (var table in tables.Tables)
        {
            var batches = table.Rows().ToList();
            await session.RegisterBatchesAsync("rows", table.Schema, batches, cancellationToken);
            await session.ExecuteAsync($"CREATE TABLE {table.Name} AS SELECT * FROM rows", null, cancellationToken);
            await session.UnregisterAsync("rows", cancellationToken);
            rows[table.Name] = batches.Sum(batch => (long)batch.RowCount);
            batches.ForEach(batch => batch.Dispose());
            var columns = (await SqlTestDatabase.RowsAsync(session, $"DESCRIBE {table.Name}"))
                .Select(column => $"CAST(NULL AS {column[1]}) AS {EngineText.Quote((string)column[0]!)}");
            await planner.AddTableAsync(table.Name, $"SELECT {string.Join(", ", columns)}", rows[table.Name], cancellationToken);
        }

        return rows;
    }
}
