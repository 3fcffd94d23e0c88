using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: files of totals have each key once, and no more rows or parts than that needs.</summary>
public sealed class SpilledTotalsTests : IDisposable
{
    private static readonly ArrowType Time = ArrowType.Timestamp(TimeUnit.Microsecond);
    private static readonly AggregateSpec Count = new(AggregateKind.Count, null, null, ArrowType.Int64);
    private static readonly AggregateSpec[] Specs = [Count, new(AggregateKind.Max, 1, Time, Time), Count];
    private static readonly ArrowSchema Output = new(
        new ArrowField("k", ArrowType.Int64), new ArrowField("c", ArrowType.Int64), new ArrowField("_r", ArrowType.Boolean), new ArrowField("_timestamp", Time));

    private readonly string _folder = Directory.CreateTempSubdirectory("spilled-totals-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task RowsThatWereTakenOut_GiveTheirRoomBack_WhenTheyAreMoreThanThoseThatAreLeft()
    {
        // Every sixth key stays, so that no part is empty: some 25 000 keys a partition.
        const int Keys = 800_000;
        const int Staying = 6;
        using var memory = new StreamMemory(1, _folder);
        using var share = memory.Open();
        var held = Held();
        using var spilled = Spilled(held);
        for (var from = 0; from < Keys; from += 8_000)
        {
            Change(held, from, 8_000, key => key % Staying == 0 ? 2 : 1);
        }

        await SpillAsync(spilled, held, share);
        await spilled.CompactAsync(share, Token);
        Assert.Equal(Keys, spilled.RowCount);
        Assert.Equal(Keys, spilled.LiveCount);

        foreach (var old in spilled.TakeOlder(2))
        {
            old.Dispose();
        }

        await spilled.CompactAsync(share, Token);
        Assert.Equal(spilled.LiveCount, spilled.RowCount);
        Assert.Equal((Keys + Staying - 1) / Staying, spilled.LiveCount);
    }

    [Fact]
    public async Task ManySmallFiles_BecomeFewLargeBatches()
    {
        const int Files = 80;
        using var memory = new StreamMemory(1, _folder);
        using var share = memory.Open();
        var held = Held();
        using var spilled = Spilled(held);
        for (var file = 0; file < Files; file++)
        {
            Change(held, file * 1_000, 1_000, _ => 1);
            await SpillAsync(spilled, held, share);
        }

        await spilled.CompactAsync(share, Token);

        Assert.Equal(Files + 1, memory.SpilledFiles);
        Assert.Equal(Files * 1_000, spilled.LiveCount);
        var log = new List<RecordBatch>();
        spilled.TakeChanged(log);
        Assert.Equal(Files * 1_000, log.Sum(batch => batch.RowCount));
        Assert.Equal(32, log.Count);
        log.ForEach(batch => batch.Dispose());
        await spilled.CompactAsync(share, Token);
        Assert.Equal(Files + 1, memory.SpilledFiles);
    }

    [Fact]
    public async Task PartitionWhoseKeysDoNotFit_IsSettledInPasses()
    {
        // Some 12 500 keys a partition, at 56 bytes each: more than the 64 KiB that may always be taken.
        const int Keys = 400_000;
        using var memory = new StreamMemory(1, _folder);
        using var share = memory.Open();
        var held = Held();
        using var spilled = Spilled(held);
        for (var round = 0; round < 3; round++)
        {
            for (var from = round * 80_000; from < Keys; from += 8_000)
            {
                Change(held, from, 8_000, _ => 1 + round);
            }

            held.FinishRestore();
            await SpillAsync(spilled, held, share);
        }

        spilled.Settle(share);

        Assert.Equal(Keys, spilled.LiveCount);
        Assert.Equal(80_000, spilled.TakeOlder(2).Sum(Release));
        Assert.Equal(80_000, spilled.TakeOlder(3).Sum(Release));
        Assert.Equal(Keys - 160_000, spilled.TakeOlder(4).Sum(Release));
        var log = new List<RecordBatch>();
        spilled.TakeChanged(log);
        Assert.Empty(log);
    }

    private static HeldTotals Held() => new([ArrowType.Int64], Specs, Output, ArrowAllocator.Default);

    private static SpilledTotals Spilled(HeldTotals held) => new([ArrowType.Int64], held.LogSchema, ArrowAllocator.Default);

    private static async Task SpillAsync(SpilledTotals spilled, HeldTotals held, MemoryShare share)
    {
        await spilled.SpillAsync(held, keepsGone: false, share, Token);
        held.Clear(keepsRoom: true);
    }

    private static void Change(HeldTotals held, int from, int count, Func<int, long> micros)
    {
        using var rows = new RecordBatchBuilder(new ArrowSchema([.. held.LogSchema.Fields.SkipLast(1)]));
        for (var key = from; key < from + count; key++)
        {
            rows.Column<Int64Builder>(0).Append(key);
            rows.Column<Int64Builder>(1).Append(1);
            rows.Column<TimestampBuilder>(2).Append(micros(key));
            rows.Column<Int64Builder>(3).Append(1);
        }

        using var partials = rows.Build();
        var changes = new Queue<RecordBatch>();
        held.Change(partials, changes);
        while (changes.TryDequeue(out var change))
        {
            change.Dispose();
        }
    }

    private static int Release(RecordBatch rows)
    {
        rows.Dispose();
        return rows.RowCount;
    }
}
