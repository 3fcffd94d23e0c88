using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Goal: what does not fit in memory is written, no more than that, and nothing is lost or doubled by it. <see cref="WindowTests"/> holds the results.</summary>
public sealed class SpilledWindowTests : IDisposable
{
    private const int Keys = 200_000;
    private static readonly TimeSpan Width = TimeSpan.FromSeconds(1);

    private static readonly ArrowSchema Schema = new(
        new ArrowField("key", ArrowType.Int64), new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    private static readonly WindowShape Shape = new()
    {
        Input = Schema, TimeColumn = 1, KeyColumns = [0], Aggregates = [new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)], Names = ["count"],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("spilled-windows-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task MoreKeysThanFit_ComeOutOnceEach_InBoundedBatchesAndMemory()
    {
        const long Limit = 400_000;
        using var memory = new StreamMemory(Limit, _folder);
        using var windows = Windows(memory);
        for (var round = 0; round < 3; round++)
        {
            await AddAllAsync(windows, memory);
            Assert.True(memory.UsedBytes <= Limit, $"{memory.UsedBytes} bytes are held.");
        }

        var counts = new Dictionary<long, long>();
        foreach (var batch in windows.Advance(long.MaxValue))
        {
            Assert.InRange(batch.RowCount, 1, WindowShape.BatchRowsMax);
            Read(batch, counts);
        }

        Assert.True(memory.SpilledFiles > 10);
        Assert.Equal(Keys, counts.Count);
        Assert.All(counts.Values, count => Assert.Equal(3, count));
    }

    [Fact]
    public async Task StateThatFits_IsNotWritten()
    {
        using var memory = new StreamMemory(100_000_000, _folder);
        using var windows = Windows(memory);
        await AddAllAsync(windows, memory);

        Assert.Equal(Keys, windows.Advance(long.MaxValue).Sum(Count));
        Assert.Equal(0, memory.SpilledFiles);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Checkpoint_HasSpilledRowsOnce_AndLaterOnlyWhatCame()
    {
        using var memory = new StreamMemory(1, _folder);
        using var windows = Windows(memory);
        await AddAsync(windows, 1, 2, 3);
        await AddAsync(windows, 1);
        var first = await TakeChangedAsync(windows);
        Assert.Equal(4, first.Sum(batch => batch.RowCount));
        Assert.Empty(await TakeChangedAsync(windows));
        await AddAsync(windows, 3);
        var second = await TakeChangedAsync(windows);
        Assert.Equal(1, second.Sum(batch => batch.RowCount));

        using var restored = Windows(StreamMemory.Unbounded);
        foreach (var batch in first.Concat(second))
        {
            restored.Restore(batch);
            batch.Dispose();
        }

        restored.FinishRestore(null);
        var counts = new Dictionary<long, long>();
        restored.Advance(long.MaxValue).ToList().ForEach(batch => Read(batch, counts));
        Assert.Equal([(1, 2), (2, 1), (3, 2)], counts.OrderBy(pair => pair.Key).Select(pair => ((int)pair.Key, (int)pair.Value)));
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_LosesNoRow()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", Token);
        using var memory = new StreamMemory(1, Path.Combine(_folder, "file", "x"));
        using var windows = Windows(memory);
        using var rows = Rows(1, 2);
        windows.Add(rows);

        Assert.True(windows.NeedsRoom(1));
        var exception = await Assert.ThrowsAsync<FlowException>(() => windows.MakeRoomAsync(1, Token).AsTask());

        Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
        Assert.Equal(2, windows.Advance(long.MaxValue).Sum(Count));
    }

    private static TumblingWindows Windows(StreamMemory memory) => new(Shape, Width, ArrowAllocator.Default) { Memory = memory.Open() };

    private static async Task AddAllAsync(TumblingWindows windows, StreamMemory memory)
    {
        for (var from = 0; from < Keys; from += 1_000)
        {
            using var rows = Rows(from, 1_000);
            await AddAsync(windows, rows);
        }

        Assert.Equal(0, windows.LateRowCount);
        await MakeRoomAsync(windows, 0);
        Assert.True(memory.UsedBytes > 0);
    }

    /// <summary>Adds rows one by one, each of which finds room made for it.</summary>
    private static async Task AddAsync(TumblingWindows windows, params long[] keys)
    {
        foreach (var key in keys)
        {
            using var rows = Rows((int)key, 1);
            await AddAsync(windows, rows);
        }
    }

    private static async Task AddAsync(TumblingWindows windows, RecordBatch rows)
    {
        await MakeRoomAsync(windows, rows.RowCount);
        windows.Add(rows);
    }

    private static ValueTask MakeRoomAsync(TumblingWindows windows, int rowCount) =>
        windows.NeedsRoom(rowCount) ? windows.MakeRoomAsync(rowCount, Token) : ValueTask.CompletedTask;

    private static async Task<List<RecordBatch>> TakeChangedAsync(TumblingWindows windows)
    {
        var log = new List<RecordBatch>();
        await windows.PrepareChangedAsync(Token);
        windows.TakeChanged(log);
        return log;
    }

    private static RecordBatch Rows(int from, int count)
    {
        using var builder = new RecordBatchBuilder(Schema);
        for (var key = from; key < from + count; key++)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<TimestampBuilder>(1).Append(500_000);
        }

        return builder.Build();
    }

    private static void Read(RecordBatch batch, Dictionary<long, long> counts)
    {
        using (batch)
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                counts.Add(batch.Column<Int64Array>(0).Values[row], batch.Column<Int64Array>(1).Values[row]);
            }
        }
    }

    private static int Count(RecordBatch batch)
    {
        using (batch)
        {
            return batch.RowCount;
        }
    }
}
