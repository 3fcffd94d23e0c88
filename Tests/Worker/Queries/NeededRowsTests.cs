using Google.Protobuf;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Outputs;
using static OrleansFlow.Tests.Worker.Queries.Plans;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>What a finished task says of its rows, and what another one leaves out because of it.</summary>
public class NeededRowsTests
{
    private const int TimeoutMs = 60_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task ReportOfAFinishedTask_SumsUpTheColumnsThatThePlanNames()
    {
        await using var node = await QueryNode.StartAsync();
        var plan = Plan(Key(1), "SELECT (i * 5 - 7)::INTEGER AS c0, 'x' || (i % 3) AS c1, DATE '2024-01-01' + i::INTEGER AS c2, i * 0.5::DOUBLE AS c3, i AS c4, NULL::BIGINT AS c5 FROM range(1000) AS r(i)", All());
        plan.ValueColumns.AddRange([0, 1, 2, 3, 4, 5]);
        await node.SetAsync(plan);

        var values = (await FinishedAsync(node, 1)).Values;

        Assert.Equal((true, 1000, "-7", "4988", 0), (values[0].IsKnown, values[0].Count, values[0].Min, values[0].Max, values[0].Values.Count));
        Assert.Equal(("x0", "x2"), (values[1].Min, values[1].Max));
        Assert.Equal(["x0", "x1", "x2"], values[1].Values.Order(StringComparer.Ordinal));
        Assert.Equal(("19723", "20722"), (values[2].Min, values[2].Max));
        Assert.False(values[3].IsKnown);
        Assert.Equal((true, 0L), (values[5].IsKnown, values[5].Count));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Task_ThatKnowsTheHashesThatAreNeeded_DealsOutHardlyMoreThanTheRowsThatMatch()
    {
        await using var node = await QueryNode.StartAsync();
        var build = Plan(Key(1), "SELECT CASE WHEN i = 5 THEN NULL ELSE i * 40 END AS c0 FROM range(100) AS r(i)", Hash(4, 0));
        build.SumsUpHashes = true;
        await node.SetAsync(build);
        var hashes = (await FinishedAsync(node, 1)).Hashes;
        var probe = Plan(Key(2), "SELECT i AS c0 FROM range(20000) AS r(i) UNION ALL SELECT NULL", Hash(4, 0));
        probe.NeededHashes = hashes;
        await node.SetAsync(probe);

        var report = await FinishedAsync(node, 2);
        var rows = await node.ReadAsync(Range(Key(2), 0, 4));

        Assert.InRange(report.Metrics.RowsOut, 100, 400);
        Assert.Equal(report.Metrics.RowsOut, rows.Count);
        Assert.Subset(rows.ToHashSet(), Enumerable.Range(0, 100).Where(i => i != 5).Select(i => FormattableString.Invariant($"{i * 40}")).ToHashSet());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Task_ThatNeedsNearlyAllRows_DoesNotLookAtEachForLong()
    {
        await using var node = await QueryNode.StartAsync();
        var build = Plan(Key(1), "SELECT i AS c0 FROM range(100000) AS r(i)", Hash(4, 0));
        build.SumsUpHashes = true;
        await node.SetAsync(build);
        var probe = Plan(Key(2), "SELECT CASE WHEN i < 100000 THEN i ELSE -i END AS c0 FROM range(200000) AS r(i)", Hash(4, 0));
        probe.NeededHashes = (await FinishedAsync(node, 1)).Hashes;
        await node.SetAsync(probe);

        Assert.Equal(200_000, (await FinishedAsync(node, 2)).Metrics.RowsOut);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task PlanWhoseHashesCannotBe_IsRefused()
    {
        await using var node = await QueryNode.StartAsync();
        var plan = Plan(Key(1), "SELECT 1 AS c0", All());
        plan.NeededHashes = new KeyBloom { Bits = ByteString.CopyFrom(new byte[12]) };

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => node.SetAsync(plan));

        Assert.Contains("does not deal by hash", failure.Message, StringComparison.Ordinal);
        Assert.Contains("12 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetOfHashes_HasAllThatWereAdded_AndFewOthers_HoweverItIsFoldedAndJoined()
    {
        var random = new Random(4);
        foreach (var counts in (int[][])[[1], [10, 5_000], [70_000, 3, 900], [0, 40]])
        {
            var added = new List<ulong>();
            var sets = counts.Select(count =>
            {
                var set = new HashBloom();
                for (var number = 0; number < count; number++)
                {
                    added.Add((ulong)random.NextInt64(long.MinValue, long.MaxValue));
                    set.Add(added[^1]);
                }

                return (ReadOnlyMemory<byte>)set.ToBytes();
            }).ToList();
            var union = new HashBloom(HashBloom.Union(sets));

            Assert.All(added, hash => Assert.True(union.MayHave(hash)));
            Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => union.MayHave((ulong)random.NextInt64(long.MinValue, long.MaxValue))), 0, 500);
        }
    }

    private static Task<TaskReport> FinishedAsync(QueryNode node, int stage) => node.WaitForAsync(Query, report =>
    {
        Assert.True(report.State != TaskReport.Types.State.Failed, report.Failure?.Message);
        return report.Key.Stage == stage && report.State == TaskReport.Types.State.Finished;
    });
}
