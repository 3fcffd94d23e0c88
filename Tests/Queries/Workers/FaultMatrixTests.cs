using System.Globalization;
using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>
/// Goal: a worker process that is killed at any border between stages costs no row and repeats none, or, where tasks may run once only, fails the query at
/// once with its code; and nothing of the query is left on the worker that lives. Method: a gate holds the rows of one stage until all its tasks have
/// finished, then the process of a worker that has some of them is killed, then the gate opens. The usual run takes each border in one of the three ways,
/// dealt by FLOW_FAULT_SEED; FLOW_FAULTS=all takes every border in every way.
/// </summary>
public sealed class FaultMatrixTests(ProofTables tables)
{
    private const int Watchdog = 600_000;

    // A worker holds it for as long as it lives.
    private const string FolderLock = "lock";

    private static readonly Dictionary<string, (string Sql, Func<IReadOnlyList<TaskPlan>, bool> IsOfShape)> Shapes = new(StringComparer.Ordinal)
    {
        ["scan, aggregate"] = (
            "SELECT l_returnflag, l_linestatus, count(*) AS n, sum(l_quantity) AS quantity FROM lineitem GROUP BY ALL",
            plans => plans.Any(plan => plan.Outputs.Any(output => output.Dealing == TaskOutput.Types.Dealing.Hash))),
        ["partitioned join"] = (
            "SELECT o_orderpriority, count(*) AS n, sum(l_extendedprice) AS price FROM orders JOIN lineitem ON o_orderkey = l_orderkey WHERE o_orderstatus = 'F' GROUP BY ALL",
            plans => plans.Any(plan => plan.Inputs.Count == 2 && plan.Inputs.All(input => input.Sources.Count == 2))),
        ["broadcast join"] = (
            "SELECT s_nationkey, count(*) AS n, max(l_extendedprice) AS price FROM lineitem JOIN supplier ON l_suppkey = s_suppkey GROUP BY ALL",
            plans => plans.Any(plan => plan.Outputs.Any(output => output.ReaderCount > 1))),
        ["window"] = (
            "SELECT o_custkey, o_orderkey, row_number() OVER (PARTITION BY o_custkey ORDER BY o_orderdate DESC, o_orderkey) AS place FROM orders QUALIFY place <= 2",
            plans => plans.Any(plan => plan.Sql.Contains("OVER (PARTITION BY", StringComparison.Ordinal) && plan.Inputs.Count == 1)),
        ["ordered top"] = (
            "SELECT l_extendedprice, l_orderkey, l_linenumber FROM lineitem ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber LIMIT 50",
            plans => plans.Any(plan => plan.Scans.Count > 0 && plan.Sql.EndsWith("LIMIT 50", StringComparison.Ordinal))),
        ["ordered, merged"] = (
            "SELECT o_totalprice, o_orderkey, o_orderdate FROM orders WHERE o_orderstatus = 'O' ORDER BY o_totalprice DESC, o_orderkey",
            plans => plans.Any(plan => plan.Inputs.Any(input => input.Order.Count > 0))),
    };

    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("FLOW_FAULTS") == "all";
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("FLOW_FAULT_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog)]
    [InlineData(0, false, 3)]
    [InlineData(1, true, 3)]
    [InlineData(2, false, 1)]
    public async Task Worker_KilledBehindAStage_CostsNoRowOrFailsTheQueryAtOnce(int way, bool keepsRows, int attemptsMax)
    {
        await using var taps = new TappedWorkers();
        await using var cluster = await WorkerCluster.StartAsync(
            new ClusterShape
            {
                WorkerCount = 2,
                DataFolder = tables.Folder,
                AsProcesses = true,
                AddServices = taps.AddTo,
                Configure = options => (options.KeepsRows, options.AttemptsMax, options.BroadcastBytesMax) = (keepsRows, attemptsMax, 64 << 10),

                // What is kept lies on disk at once, so that an empty folder says something.
                WorkerSettings = new Dictionary<string, string> { ["OrleansFlow__Worker__Queries__MaterializedMemoryBytes"] = "0" },
            },
            Token);
        string[] alive = ["query-0", "query-1"];
        var (number, killed) = (0, 0);
        foreach (var (name, (text, isOfShape)) in Shapes)
        {
            var sql = FileQuery.Over(text, TpchTables.Create(ProofTables.Scale), Path.Combine(tables.Folder, "tpch"));
            taps.Gate = new StageGate(stage: 0, taskCount: 0);
            await AnswersAsync(cluster, sql, isOrdered: name.StartsWith("ordered", StringComparison.Ordinal), name);
            var plans = taps.Gate.Plans.Select(seen => seen.Plan).ToList();
            Assert.True(isOfShape(plans), $"{name} is planned otherwise: {string.Join("\n", plans)}");
            foreach (var stage in plans.GroupBy(plan => plan.Key.Stage).OrderBy(stage => stage.Key))
            {
                if (!IsWhole && (number++ + Seed) % 3 != way)
                {
                    continue;
                }

                var what = $"{name}, killed behind stage {stage.Key}";
                var gate = taps.Gate = new StageGate(stage.Key, stage.Count());
                alive = await KillAsync(cluster, taps, alive, sql, gate, what, mayRunAgain: attemptsMax > 1, name.StartsWith("ordered", StringComparison.Ordinal));
                await cluster.AddWorkerAsync($"query-{++killed + 1}", Token);
                alive = [.. alive, $"query-{killed + 1}"];
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {Seed}: {killed} workers killed, rows kept: {keepsRows}, attempts: {attemptsMax}.");
        Assert.InRange(killed, Shapes.Count, int.MaxValue);
    }

    /// <returns>The worker that lives.</returns>
    private async Task<string[]> KillAsync(
        WorkerCluster cluster, TappedWorkers taps, string[] alive, string sql, StageGate gate, string what, bool mayRunAgain, bool isOrdered)
    {
        await taps.ListAsync(Token);
        Array.ForEach(alive, id => taps.TapOf(id).ExpectCancel());
        var answering = AnswersAsync(cluster, sql, isOrdered, what);
        if (await Task.WhenAny(gate.WhenReached, answering) == answering)
        {
            await answering;
            Assert.Fail($"{what}: the query ended before the border.");
        }

        var victim = gate.Holders[Seed % gate.Holders.Count];
        var survivor = Assert.Single(alive, id => id != victim);
        await taps.KillAsync(cluster, victim);
        gate.Open();
        if (mayRunAgain)
        {
            await answering;
            Assert.True(gate.Plans.Any(seen => seen.Worker == survivor && seen.Plan.Key.Attempt > 1), $"{what}: nothing ran again.");
        }
        else
        {
            var failure = await Assert.ThrowsAsync<FlowException>(() => answering);
            Assert.True(failure.Code == FlowErrorCode.WorkerLost, $"{what}: {failure.Code} {failure.Message}");
        }

        var tap = taps.TapOf(survivor);
        await tap.WhenCancelled.WaitAsync(Token);
        Assert.Equal((what, 0), (what, await tap.RunningTasksAsync(tap.Token, Token)));
        Assert.Equal([], Directory.EnumerateFiles(cluster.SpillFolderOf(survivor), "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != FolderLock));
        return [survivor];
    }

    private async Task AnswersAsync(WorkerCluster cluster, string sql, bool isOrdered, string what)
    {
        var expected = await tables.AloneAsync(sql, Token);
        var actual = await cluster.AskAsync(sql, headers: null, Token);
        Assert.Null(ResultComparer.Compare(expected, actual, isOrdered ? [0, 1] : []) is { } difference ? $"{what}: {difference}" : null);
    }
}
