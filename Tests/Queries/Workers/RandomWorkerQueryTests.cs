using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Differential;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// Goal: random queries over skewed, null-rich and empty files answer on workers as DuckDB alone does. Method: one cluster for all of them, every table
/// large enough for all tasks. FLOW_WORKER_QUERIES (how many) and FLOW_WORKER_SEED (from where on) run others; the seed of a query is its name.
/// </summary>
public sealed class RandomWorkerQueryTests
{
    private const int Watchdog = 3_600_000;
    private const int DefaultCount = 500;
    private const int DefaultSeed = 20_001;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Queries_OfManySeeds_AnswerOnWorkersAsDuckDbAlone()
    {
        var count = Setting("FLOW_WORKER_QUERIES", DefaultCount);
        var first = (ulong)Setting("FLOW_WORKER_SEED", DefaultSeed);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seeds {first} to {first + (ulong)count - 1}.");
        var folder = Directory.CreateTempSubdirectory("flow-random-workers-");
        try
        {
            // The tables stay the same whatever seed is asked for: one number is enough to run a query again.
            var tables = DifferentialTables.Create(1);
            await TableFiles.WriteAsync(
                tables, folder.FullName, new TableFileOptions { FileCount = 3, FileUnitsMin = 1, RowGroupRowCount = 2_048, ThreadCount = 2 }, Token);
            await using var alone = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
            await using var session = alone.OpenSession();

            // DuckDB's two as-of joins differ where what they compare is NULL, and it takes one of them for small tables only.
            await session.ExecuteAsync("SET asof_loop_join_threshold = 0", null, Token);
            await using var cluster = await WorkerCluster.StartAsync(
                new ClusterShape
                {
                    WorkerCount = 2,
                    DataFolder = folder.FullName,
                    Configure = options => (options.TasksPerWorker, options.PartitionsPerTask) = (1, 2),
                },
                Token);

            var report = await DifferentialRun.CompareAsync(
                Queries(first, count, tables, folder.FullName),
                (query, token) => ResultTable.QueryAsync(session, query.Sql, token),
                (query, token) => cluster.AskAsync(query.Sql, headers: null, token),
                Token);

            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{report.NonEmpty} of {count} find rows, {cluster.OnWorkersCount} ran on workers, DuckDB could not plan {report.Unjudged.Count}.");
            Assert.True(report.Problems.Count == 0, report.ToString());
            Assert.InRange(report.Unjudged.Count, 0, count / 500);
            Assert.True(cluster.OnWorkersCount >= count * 8 / 10, $"Only {cluster.OnWorkersCount} of {count} ran on workers.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<QueryText> Queries(ulong first, int count, TableSet tables, string folder)
    {
        for (var seed = first; seed < first + (ulong)count; seed++)
        {
            var query = RandomQueries.Create(seed).Query;
            yield return query with { Sql = FileQuery.Over(query.Sql, tables, folder) };
        }
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
