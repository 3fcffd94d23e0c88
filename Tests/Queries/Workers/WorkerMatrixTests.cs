using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// Goal: whatever the number of workers and partitions, and whether stages are planned anew while the query runs, queries over files answer as DuckDB alone
/// does, in the order that they ask for. Method: each combination is a cluster of its own with the product's workers. In the usual run every combination
/// gets some queries of every set and every query one combination, dealt by FLOW_MATRIX_SEED; FLOW_MATRIX=all runs every query in every combination.
/// </summary>
public sealed class WorkerMatrixTests(ProofTables tables)
{
    private const int Watchdog = 1_800_000;
    private const string AdaptiveHeader = "orleansflow-adaptive";

    private static readonly int[] WorkerCounts = [1, 2, 4];
    private static readonly int[] PartitionCounts = [1, 3, 6];
    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("FLOW_MATRIX") == "all";
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("FLOW_MATRIX_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    // Of a query's name, so that a difference says in which way it came.
    private const string Adaptive = ", adaptive";

    private static readonly Dictionary<string, string> AsPlanned = new() { [AdaptiveHeader] = "false" };
    private static readonly Dictionary<string, string> AsItGoes = new() { [AdaptiveHeader] = "true" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int CellCount => WorkerCounts.Length * PartitionCounts.Length;

    public static TheoryData<int, int> Cells()
    {
        var data = new TheoryData<int, int>();
        foreach (var workers in WorkerCounts)
        {
            foreach (var partitions in PartitionCounts)
            {
                data.Add(workers, partitions);
            }
        }

        return data;
    }

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Cells))]
    public async Task Queries_OnWorkersInThisProcess_AnswerAsDuckDbAlone(int workers, int partitions)
    {
        var cell = (Array.IndexOf(WorkerCounts, workers) * PartitionCounts.Length) + Array.IndexOf(PartitionCounts, partitions);
        await CompareAsync(Shape(workers, partitions, cell), QueriesOf(cell));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Queries_OnWorkerProcesses_AnswerAsDuckDbAlone() =>
        await CompareAsync(Shape(workers: 2, partitions: 3, cell: 0) with { AsProcesses = true }, QueriesOf(Seed % CellCount));

    /// <summary>Every query is in one combination at least, and each set in every combination.</summary>
    [Fact]
    public void Queries_OfTheUsualRun_CoverTheMatrix()
    {
        var dealt = Enumerable.Range(0, CellCount).Select(QueriesOf).ToList();

        Assert.Equal(tables.Queries.Select(query => query.Name).Order(StringComparer.Ordinal), dealt.SelectMany(cell => cell).Select(query => query.Name.Split(',')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.All(dealt, cell => Assert.Equal(["clicks", "stars", "tpch"], cell.Select(query => query.Name.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)));
    }

    /// <summary>With one worker too a stage has several tasks, else nothing would be distributed; joins by copies and rows that are kept alternate.</summary>
    private ClusterShape Shape(int workers, int partitions, int cell) => new()
    {
        WorkerCount = workers,
        DataFolder = tables.Folder,
        Configure = options =>
        {
            options.TasksPerWorker = workers == 1 ? 3 : 1;
            options.PartitionsPerTask = partitions;
            options.BroadcastBytesMax = (cell + Seed) % 2 == 0 ? 0 : 1L << 20;
            options.KeepsRows = (cell + Seed) % 3 == 0;
        },
    };

    private IReadOnlyList<QueryText> QueriesOf(int cell)
    {
        if (IsWhole)
        {
            return [.. tables.Queries, .. tables.Queries.Select(AsAdaptive)];
        }

        // Every second one of each cell.
        return [.. tables.Queries.Where((_, index) => (index + Seed) % CellCount == cell).Select((query, place) => (place + cell) % 2 == 0 ? query : AsAdaptive(query))];
    }

    private static QueryText AsAdaptive(QueryText query) => query with { Name = query.Name + Adaptive };

    private async Task CompareAsync(ClusterShape shape, IReadOnlyList<QueryText> queries)
    {
        await using var cluster = await WorkerCluster.StartAsync(shape, Token);

        var times = new List<(string Name, double Ms)>();
        var report = await DifferentialRun.CompareAsync(
            queries,
            (query, token) => tables.AloneAsync(query.Sql, token),
            async (query, token) =>
            {
                var began = TimeProvider.System.GetTimestamp();
                var result = await cluster.AskAsync(query.Sql, query.Name.EndsWith(Adaptive, StringComparison.Ordinal) ? AsItGoes : AsPlanned, token);
                times.Add((query.Name, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds));
                return result;
            },
            Token);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {Seed}: {report.Count} queries, {report.NonEmpty} find rows, {cluster.OnWorkersCount} ran on workers; {string.Join(", ", times.OrderByDescending(time => time.Ms).Take(20).Select(time => FormattableString.Invariant($"{time.Name} {time.Ms:F0} ms")))}");
        Assert.True(report.Problems.Count == 0, report.ToString());
        Assert.InRange(cluster.OnWorkersCount, queries.Count * 9 / 10, queries.Count);
    }
}
