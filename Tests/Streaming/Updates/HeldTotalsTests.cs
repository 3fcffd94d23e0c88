using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: a log that names many keys that are gone takes the memory of those that are there.</summary>
public sealed class HeldTotalsTests
{
    private const int Keys = 40_000;

    [Fact]
    public void KeysThatAreGone_GiveTheirMemoryBack_BetweenTwoBatchesOfTheLog()
    {
        var totals = Make();
        Restore(totals, Enumerable.Range(0, Keys), isGone: false);
        Restore(totals, Enumerable.Range(0, Keys - 3), isGone: true);
        var before = totals.ByteCount;

        totals.CompactRestored();
        Restore(totals, [1, 2], isGone: false);
        totals.FinishRestore();

        Assert.True(totals.ByteCount < before / 100, $"{before} bytes became {totals.ByteCount}.");
        Assert.Equal(5, totals.LiveCount);
        var log = new List<RecordBatch>();
        totals.TakeChanged(log);
        Assert.Empty(log);
    }

    private static HeldTotals Make()
    {
        AggregateSpec[] specs =
        [
            new(AggregateKind.Count, null, null, ArrowType.Int64), new(AggregateKind.Max, 1, ArrowType.Timestamp(TimeUnit.Microsecond), ArrowType.Timestamp(TimeUnit.Microsecond)),
            new(AggregateKind.Count, null, null, ArrowType.Int64),
        ];
        var time = new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond));
        return new HeldTotals([ArrowType.Int64], specs, new ArrowSchema(new ArrowField("k", ArrowType.Int64), new ArrowField("c", ArrowType.Int64), new ArrowField("_r", ArrowType.Boolean), time), ArrowAllocator.Default);
    }

    private static void Restore(HeldTotals totals, IEnumerable<int> keys, bool isGone)
    {
        foreach (var some in keys.Chunk(8_192))
        {
            using var builder = new RecordBatchBuilder(totals.LogSchema);
            foreach (var key in some)
            {
                builder.AppendRow((long)key, isGone ? 0L : 1L, isGone ? null : new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), isGone ? 0L : 1L, isGone);
            }

            using var log = builder.Build();
            totals.Restore(log);
        }
    }
}
