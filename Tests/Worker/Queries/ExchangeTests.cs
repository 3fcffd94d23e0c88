using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Stages over two workers give what DuckDB alone gives.</summary>
public class ExchangeTests
{
    private const int TimeoutMs = 60_000;
    private const int Partitions = 6;

    [Fact(Timeout = TimeoutMs)]
    public async Task ScanShuffleAggregateMerge_OverTwoWorkers_GivesWhatOneEngineGives()
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        QueryNode[] nodes = [a, b];
        string[] types = ["BIGINT", "HUGEINT", "BIGINT"];
        var final = Plan(Key(3), "SELECT c0, c1, c2 FROM m");
        final.IsPassThrough = true;
        final.Inputs.Add(Input("m", types, (a.Location, Range(Key(2, 0))), (b.Location, Range(Key(2, 1)))));
        final.Inputs[0].Order.Add(new SortKey { Column = 0, Descending = true, NullsFirst = true });
        await b.SetAsync(final);
        for (var task = 0; task < nodes.Length; task++)
        {
            var scan = Plan(Key(1, task), "SELECT k AS c0, sum(v) AS c1, count(*) AS c2 FROM t GROUP BY k", Hash(Partitions, 0));
            scan.ColumnTypes.Add(types);
            scan.Scans.Add(Scan(task, nodes.Length));
            var sum = Plan(Key(2, task), "SELECT c0, sum(c1) AS c1, sum(c2) AS c2 FROM i GROUP BY c0 ORDER BY c0 DESC NULLS FIRST", All());
            sum.ColumnTypes.Add(types);
            var first = task * Partitions / nodes.Length;
            sum.Inputs.Add(Input("i", types, [.. nodes.Select((node, other) => (node.Location, Range(Key(1, other), first, Partitions / nodes.Length)))]));
            await nodes[task].SetAsync(scan, sum);
        }

        var rows = await b.ReadAsync(Range(Key(3)));

        Assert.Equal(await AloneAsync("SELECT k, sum(v), count(*) FROM t GROUP BY k ORDER BY k DESC NULLS FIRST"), rows);
        Assert.Equal(98, rows.Count);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Broadcast_IsReadByEveryTask()
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        QueryNode[] nodes = [a, b];
        var small = Plan(Key(1), "SELECT i AS c0, i * i AS c1 FROM range(50) AS r(i)", All(readers: 2));
        await a.SetAsync(small);
        List<string> rows = [];
        for (var task = 0; task < nodes.Length; task++)
        {
            var join = Plan(Key(2, task), "SELECT t.v AS c0, x.c1 AS c1 FROM t JOIN x ON t.k = x.c0");
            join.Scans.Add(Scan(task, nodes.Length));
            join.Inputs.Add(Input("x", ["BIGINT", "BIGINT"], (a.Location, Range(Key(1)))));
            await nodes[task].SetAsync(join);
        }

        foreach (var (node, task) in nodes.Select((node, task) => (node, task)))
        {
            rows.AddRange(await node.ReadAsync(Range(Key(2, task))));
        }

        var alone = await AloneAsync("SELECT t.v, x.i * x.i FROM t JOIN (SELECT i FROM range(50) AS r(i)) AS x ON t.k = x.i");
        Assert.Equal(alone.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Materialised_BeyondItsMemory_LiesOnDiskAndIsReadTwice()
    {
        await using var a = await QueryNode.StartAsync(options => options.MaterializedMemoryBytes = 100_000);
        await using var b = await QueryNode.StartAsync();
        var output = Hash(4, 0);
        output.IsMaterialized = true;
        var scan = Plan(Key(1), "SELECT k, v, s FROM t", output);
        scan.Scans.Add(Scan(0, 1));
        await a.SetAsync(scan);
        var copy = Plan(Key(2), "SELECT c0, c1, c2 FROM i");
        copy.Inputs.Add(Input("i", ["BIGINT", "BIGINT", "VARCHAR"], (a.Location, Range(Key(1), 0, 4))));
        await b.SetAsync(copy);

        var over = (await b.ReadAsync(Range(Key(2)))).Order(StringComparer.Ordinal).ToList();
        var direct = (await a.ReadAsync(Range(Key(1), 0, 4))).Order(StringComparer.Ordinal).ToList();
        var report = await a.WaitForAsync(Query, report => report.State == TaskReport.Types.State.Finished);

        Assert.Equal((await AloneAsync("SELECT k, v, s FROM t")).Order(StringComparer.Ordinal), over);
        Assert.Equal(over, direct);
        Assert.True(report.Metrics.SpilledBytes > 0);
        Assert.Single(a.SpillFiles());
        Assert.Equal(1, await a.CancelAsync(Query));
        Assert.Empty(a.SpillFiles());
        Assert.Equal(0, a.Service.Outputs.Memory.Bytes);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Input_WithoutSources_HasColumnsAndNoRows()
    {
        await using var a = await QueryNode.StartAsync();
        var task = Plan(Key(1), "SELECT count(*) AS c0, max(c1) AS c1 FROM i");
        task.Inputs.Add(Input("i", ["BIGINT", "DECIMAL(12,2)"]));
        await a.SetAsync(task);

        Assert.Equal(["0|NULL"], await a.ReadAsync(Range(Key(1))));
    }

    /// <summary>The engine would join such a window's input with itself, and read rows a second time that are there once.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task WindowOverAWholeGroup_ReadsItsInputOnce()
    {
        await using var a = await QueryNode.StartAsync();
        var scan = Plan(Key(1), "SELECT k, v FROM t", All());
        scan.Scans.Add(Scan(0, 1));
        var share = Plan(Key(2), "SELECT c0, c1, sum(c1) OVER (PARTITION BY c0) FROM i");
        share.Inputs.Add(Input("i", ["BIGINT", "BIGINT"], (a.Location, Range(Key(1)))));
        await a.SetAsync(scan, share);

        var rows = await a.ReadAsync(Range(Key(2)));

        var alone = await AloneAsync("SELECT k, v, sum(v) OVER (PARTITION BY k) FROM t");
        Assert.Equal(alone.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    /// <summary>Of a stream the engine knows no number of rows, and for a few it would take an operator that compares each with each.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task AsOfJoin_OfAnInput_IsTheSameOperatorAsOfALargeTable()
    {
        const string Nulls = "SELECT k AS c0, CASE WHEN v % 7 = 0 THEN NULL ELSE v END AS c1 FROM t";
        await using var a = await QueryNode.StartAsync();
        var scan = Plan(Key(1), Nulls, All());
        scan.Scans.Add(Scan(0, 1));
        var join = Plan(Key(2), "SELECT count(*) AS c0, count(r.v) AS c1 FROM i ASOF JOIN t AS r ON i.c0 = r.k AND i.c1 >= r.v + 1");
        join.Inputs.Add(Input("i", ["BIGINT", "BIGINT"], (a.Location, Range(Key(1)))));
        join.Scans.Add(Scan(0, 1));
        await a.SetAsync(scan, join);

        var rows = await a.ReadAsync(Range(Key(2)));

        Assert.Equal(await AloneAsync($"SELECT count(*), count(r.v) FROM ({Nulls}) AS i ASOF JOIN t AS r ON i.c0 = r.k AND i.c1 >= r.v + 1"), rows);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SortedInput_WhoseTypeHasNoMerge_IsSortedByTheEngine()
    {
        await using var a = await QueryNode.StartAsync();
        foreach (var task in (int[])[0, 1])
        {
            await a.SetAsync(Plan(Key(1, task), FormattableString.Invariant($"SELECT to_days(CAST(i AS INTEGER)) AS c0 FROM range({task}, 20, 2) AS r(i) ORDER BY 1"), All()));
        }

        var merge = Plan(Key(2), "SELECT date_part('day', c0) AS c0 FROM i");
        merge.Inputs.Add(Input("i", ["INTERVAL"], (a.Location, Range(Key(1, 0))), (a.Location, Range(Key(1, 1)))));
        merge.Inputs[0].Order.Add(new SortKey { Column = 0 });
        await a.SetAsync(merge);

        Assert.Equal(Enumerable.Range(0, 20).Select(day => FormattableString.Invariant($"{day}")), await a.ReadAsync(Range(Key(2))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task RoundRobin_GivesEveryPartitionItsShare()
    {
        await using var a = await QueryNode.StartAsync();
        var output = new TaskOutput { Dealing = TaskOutput.Types.Dealing.RoundRobin, PartitionCount = 2, ReaderCount = 1 };
        var scan = Plan(Key(1), "SELECT v FROM t", output);
        scan.Scans.Add(Scan(0, 1));
        await a.SetAsync(scan);

        var first = a.ReadAsync(Range(Key(1), 0));
        var second = a.ReadAsync(Range(Key(1), 1));
        var (left, right) = (await first, await second);

        Assert.InRange(left.Count, 8_000, 12_000);
        Assert.Equal((await AloneAsync("SELECT v FROM t")).Order(StringComparer.Ordinal), left.Concat(right).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task HugeNumbers_KeepTheirType_AcrossAnExchange()
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        var scan = Plan(Key(1), "SELECT 12345678901234567890123456789::HUGEINT AS c0, 'a8098c1a-f86e-11da-bd1a-00112444be1e'::UUID AS c1, INTERVAL 3 MONTH AS c2", All());
        string[] types = ["HUGEINT", "UUID", "INTERVAL"];
        scan.ColumnTypes.Add(types);
        await a.SetAsync(scan);
        var read = Plan(Key(2), "SELECT typeof(c0) || ' ' || typeof(c1) || ' ' || typeof(c2) AS c0, CAST(c0 AS VARCHAR) AS c1, CAST(c1 AS VARCHAR) AS c2, CAST(c2 AS VARCHAR) AS c3 FROM i");
        read.Inputs.Add(Input("i", types, (a.Location, Range(Key(1)))));
        await b.SetAsync(read);

        Assert.Equal(["HUGEINT UUID INTERVAL|12345678901234567890123456789|a8098c1a-f86e-11da-bd1a-00112444be1e|3 months"], await b.ReadAsync(Range(Key(2))));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Enums_AreSpilledAndSorted_AsTheEngineOrdersThem()
    {
        const string Type = "ENUM('small', 'medium', 'large')";
        await using var node = await QueryNode.StartAsync(options => options.MaterializedMemoryBytes = 0);
        foreach (var task in (int[])[0, 1])
        {
            var scan = Plan(
                Key(1, task),
                FormattableString.Invariant($"SELECT CAST((['large', 'small', 'medium'])[1 + i % 3] AS {Type}) AS c0, i AS c1 FROM range({task}, 200000, 2) AS r(i) ORDER BY 1"),
                All(isMaterialized: true));
            scan.ColumnTypes.Add([Type, "BIGINT"]);
            await node.SetAsync(scan);
        }

        var merge = Plan(Key(2), "SELECT c0 FROM (SELECT c0, row_number() OVER () AS n FROM i) GROUP BY c0 ORDER BY min(n)");
        merge.Inputs.Add(Input("i", [Type, "BIGINT"], (node.Location, Range(Key(1, 0))), (node.Location, Range(Key(1, 1)))));
        merge.Inputs[0].Order.Add(new SortKey { Column = 0 });
        await node.SetAsync(merge);

        Assert.Equal(["small", "medium", "large"], await node.ReadAsync(Range(Key(2))));
        Assert.NotEmpty(node.SpillFiles());
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(true, "10")]
    [InlineData(false, null)]
    public async Task Input_ThatTheTextReadsTwice_IsReadAnewWhereItsRowsAreKept(bool isMaterialized, string? expected)
    {
        await using var a = await QueryNode.StartAsync();
        await using var b = await QueryNode.StartAsync();
        await a.SetAsync(Plan(Key(1), "SELECT i AS c0 FROM range(10) AS r(i)", All(isMaterialized: isMaterialized)));
        var twice = Plan(Key(2), "SELECT count(*) AS c0 FROM i AS x JOIN i AS y ON x.c0 = y.c0");
        twice.Inputs.Add(Input("i", ["BIGINT"], (a.Location, Range(Key(1)))));
        await b.SetAsync(twice);

        if (expected is not null)
        {
            Assert.Equal([expected], await b.ReadAsync(Range(Key(2))));
        }
        else
        {
            await QueryTasksTests.AssertFailsAsync(() => b.ReadAsync(Range(Key(2))), RpcStatusCode.FailedPrecondition, "already_ended");
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Task_BeyondItsOutputsBudget_StopsUntilTheReaderGoesOn()
    {
        const int BatchRows = 65_536;
        var clock = new ManualTimeProvider();
        await using var node = await QueryNode.StartAsync(options => options.OutputBudgetBytes = 1, clock: clock);
        await node.SetAsync(Plan(Key(1), "SELECT i AS c0 FROM range(1000000000000) AS r(i)"));

        // One batch lies ready, and the task waits with the next.
        await node.WaitForAsync(Query, report => report.Metrics.RowsOut == 2 * BatchRows);
        clock.Advance(TimeSpan.FromHours(1) / 60);
        var stalled = await node.WaitForAsync(Query, _ => true);
        Assert.Equal((2 * BatchRows, TimeSpan.Zero), (stalled.Metrics.RowsOut, stalled.Metrics.OutputWait.ToTimeSpan()));

        await using var stream = await node.Tasks.OpenAsync(Range(Key(1)), TestContext.Current.CancellationToken);
        await using var batches = stream.Batches.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await batches.MoveNextAsync());
        batches.Current.Batch!.Dispose();

        var report = await node.WaitForAsync(Query, report => report.Metrics.RowsOut == 3 * BatchRows);
        Assert.Equal(TimeSpan.FromMinutes(1), report.Metrics.OutputWait.ToTimeSpan());
    }
}
