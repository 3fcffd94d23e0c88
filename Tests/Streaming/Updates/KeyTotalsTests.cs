using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: totals by key are those of a batch query, whether they fit in memory or not, and whoever went on with them from a checkpoint; each change of them is told once.</summary>
public sealed class KeyTotalsTests : IDisposable
{
    private const int Keys = 20_000;
    private const long Second = 1_000_000;

    private static readonly ArrowType Time = ArrowType.Timestamp(TimeUnit.Microsecond);
    private static readonly ArrowSchema Input = new(new ArrowField("k", ArrowType.Int64), new ArrowField("_timestamp", Time));

    private readonly string _folder = Directory.CreateTempSubdirectory("key-totals-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, int[]> Runs => [.. Enumerable.Range(0, 9).Select(seed => (seed, new int[][] { [0], [1], [0, 1] }[seed % 3]))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Totals_AreThoseOfABatchQuery_WithEnoughMemoryAndWithout_KilledAtAnyTime(int seed, int[] keys)
    {
        var events = new WindowEvents(seed, 900);
        await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);
        var names = string.Join(", ", keys.Select(key => WindowEvents.Schema.Fields[key].Name));
        var expected = await events.AskAsync(engine, $"select {names}, {WindowEvents.Sql} from e group by {names}", Token);

        using var straight = new TotalsRuns(events, seed, keys, ttlMicros: null);
        Assert.Equal(expected, await straight.RunAsync(isKilled: false, Token));
        foreach (var limit in new long[] { 1, 60_000 })
        {
            using var memory = new StreamMemory(limit, _folder);
            using (var killed = new TotalsRuns(events, seed, keys, ttlMicros: null, memory))
            {
                Assert.Equal(expected, await killed.RunAsync(isKilled: true, Token));
                Assert.True(killed.KillCount > 0);
            }

            Assert.True(limit > 1 || memory.SpilledFiles > 0);
            Assert.Equal(0, memory.UsedBytes);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task KeysThatAreTooOld_GoOnce_FromFilesAsFromMemory(int seed, int[] keys)
    {
        var (events, ttl) = (new WindowEvents(seed, 900), (1 + (seed % 5)) * 4 * Second);
        using var straight = new TotalsRuns(events, seed, keys, ttl);
        var expected = await straight.RunAsync(isKilled: false, Token);
        using var memory = new StreamMemory(1, _folder);
        using (var spilled = new TotalsRuns(events, seed, keys, ttl, memory))
        {
            Assert.Equal(expected, await spilled.RunAsync(isKilled: false, Token));
            Assert.Equal(straight.ExpiredCount, spilled.ExpiredCount);
        }

        using var killed = new TotalsRuns(events, seed, keys, ttl, memory);
        await killed.RunAsync(isKilled: true, Token);
        Assert.True(killed.KillCount > 0);
        Assert.True(killed.ExpiredCount > 0);
    }

    [Fact]
    public async Task MoreKeysThanFit_AreCountedInBoundedMemory_AndFilesDoNotGrowForEver()
    {
        const long Limit = 400_000;
        const int Rounds = 6;
        using var memory = new StreamMemory(Limit, _folder);
        using var totals = Make(memory);
        var counts = new Dictionary<long, long>();
        for (var round = 0; round < Rounds; round++)
        {
            for (var from = 0; from < Keys; from += 500)
            {
                using var rows = Rows(Enumerable.Range(from, 500).Select(key => ((long)key, round * Second)));
                await totals.AddAsync(rows, Token);
                Assert.InRange(memory.UsedBytes, 1, Limit * 3 / 2);
                if (from % 4_000 == 0)
                {
                    await ApplyAsync(totals, counts);
                }
            }
        }

        await ApplyAsync(totals, counts);
        Assert.Equal(Keys, counts.Count);
        Assert.All(counts.Values, count => Assert.Equal(Rounds, count));
        Assert.Equal(Keys, totals.LiveCount);
        Assert.True(memory.SpilledFiles > 10, $"{memory.SpilledFiles} files");
    }

    [Fact]
    public async Task TotalsThatFit_AreNotWritten()
    {
        using var memory = new StreamMemory(100_000_000, _folder);
        using var totals = Make(memory);
        using var rows = Rows(Enumerable.Range(0, Keys).Select(key => ((long)key, Second)));
        await totals.AddAsync(rows, Token);
        await ApplyAsync(totals, []);

        Assert.Equal(0, memory.SpilledFiles);
        Assert.True(memory.UsedBytes > 0);
    }

    [Fact]
    public async Task Checkpoint_HasKeysOfFilesOnce_AndLaterOnlyThoseThatChanged()
    {
        using var memory = new StreamMemory(1, _folder);
        using var totals = Make(memory);
        var counts = new Dictionary<long, long>();
        await AddAsync(totals, counts, (1, Second), (2, Second), (3, Second));
        await AddAsync(totals, counts, (4, 2 * Second));
        Assert.Equal([(1, false), (2, false), (3, false), (4, false)], Take(totals));
        Assert.Empty(Take(totals));

        await AddAsync(totals, counts, (3, 3 * Second));
        await AddAsync(totals, counts, (5, 3 * Second));
        Assert.Equal([(3, false), (5, false)], Take(totals));

        await ExpireAsync(totals, counts, 2 * Second);
        Assert.Equal([(1, true), (2, true)], Take(totals));
        Assert.Empty(Take(totals));
        Assert.Equal([(3, 2), (4, 1), (5, 1)], counts.Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Fact]
    public async Task KeyThatComesBack_BeforeACheckpointSaidThatItIsGone_BeginsAnew()
    {
        using var memory = new StreamMemory(1, _folder);
        using var totals = Make(memory);
        var counts = new Dictionary<long, long>();
        await AddAsync(totals, counts, (1, Second), (1, Second), (2, 9 * Second));
        Take(totals);
        await ExpireAsync(totals, counts, 2 * Second);
        await AddAsync(totals, counts, (1, 10 * Second), (3, 10 * Second));

        Assert.Equal([(1, 1), (2, 1), (3, 1)], counts.Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal((1, false), Take(totals).Last(row => row.Key == 1));
        Assert.Equal(3, totals.LiveCount);
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_LosesNoRow()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", Token);
        using var memory = new StreamMemory(1, Path.Combine(_folder, "file", "x"));
        using var totals = Make(memory);
        using var rows = Rows([(1, Second), (2, Second)]);
        totals.Memory.Dispose();
        var bounded = memory.Open();
        totals.Memory = MemoryShare.Unbounded;
        await totals.AddAsync(rows, Token);
        totals.Memory = bounded;

        var exception = await Assert.ThrowsAsync<FlowException>(() => totals.AddAsync(rows, Token).AsTask());

        Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
        totals.Memory = MemoryShare.Unbounded;
        var counts = new Dictionary<long, long>();
        await ApplyAsync(totals, counts);
        Assert.Equal([(1, 1), (2, 1)], counts.Select(pair => (pair.Key, pair.Value)).Order());
        bounded.Dispose();
    }

    private static KeyTotals Make(StreamMemory memory)
    {
        var count = new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64);
        var output = new ArrowSchema(Input.Fields[0], new ArrowField("c", ArrowType.Int64), new ArrowField("_r", ArrowType.Boolean), Input.Fields[1]);
        return new KeyTotals([0], [ArrowType.Int64], [count, new(AggregateKind.Max, 1, Time, Time), count], output, ArrowAllocator.Default) { Memory = memory.Open() };
    }

    private static RecordBatch Rows(IEnumerable<(long Key, long Micros)> rows)
    {
        using var builder = new RecordBatchBuilder(Input);
        foreach (var (key, micros) in rows)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<TimestampBuilder>(1).Append(micros);
        }

        return builder.Build();
    }

    /// <summary>Adds rows one by one, and takes them into the counts.</summary>
    private static async Task AddAsync(KeyTotals totals, Dictionary<long, long> counts, params (long Key, long Micros)[] rows)
    {
        foreach (var row in rows)
        {
            using var one = Rows([row]);
            await totals.AddAsync(one, Token);
        }

        await ApplyAsync(totals, counts);
    }

    private static Task ApplyAsync(KeyTotals totals, Dictionary<long, long> counts) => ApplyAsync(totals.ChangeAsync(Token), counts);

    private static Task ExpireAsync(KeyTotals totals, Dictionary<long, long> counts, long cutoff) => ApplyAsync(totals.ExpireAsync(cutoff, Token), counts);

    private static async Task ApplyAsync(IAsyncEnumerable<RecordBatch> changes, Dictionary<long, long> counts)
    {
        await foreach (var batch in changes)
        {
            var (keys, values, retract) = (batch.Column<Int64Array>(0), batch.Column<Int64Array>(1), batch.Column<BooleanArray>(2));
            for (var row = 0; row < batch.RowCount; row++)
            {
                if (retract.GetBoolean(row))
                {
                    Assert.True(counts.Remove(keys.Values[row], out var before));
                    Assert.Equal(before, values.Values[row]);
                }
                else
                {
                    Assert.True(counts.TryAdd(keys.Values[row], values.Values[row]));
                }
            }

            batch.Dispose();
        }
    }

    /// <summary>The rows of a checkpoint: keys, and whether they are gone.</summary>
    private static List<(long Key, bool IsGone)> Take(KeyTotals totals)
    {
        var (log, rows) = (new List<RecordBatch>(), new List<(long Key, bool IsGone)>());
        totals.TakeChanged(log);
        foreach (var batch in log)
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                rows.Add((batch.Column<Int64Array>(0).Values[row], batch.Column<BooleanArray>(batch.ColumnCount - 1).GetBoolean(row)));
            }

            batch.Dispose();
        }

        return [.. rows.OrderBy(row => row.Key)];
    }
}
