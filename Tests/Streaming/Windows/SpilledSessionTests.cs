using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Goal: sessions that do not fit in memory are written and come out whole, once. <see cref="WindowTests"/> holds what they are.</summary>
public sealed class SpilledSessionTests : IDisposable
{
    private const long Second = 1_000_000;
    private const int Keys = 20_000;
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(10);

    private static readonly ArrowSchema Schema = new(
        new ArrowField("key", ArrowType.Int64), new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    private static readonly WindowShape Shape = new()
    {
        Input = Schema, TimeColumn = 1, KeyColumns = [0], Aggregates = [new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64)], Names = ["count"],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("spilled-sessions-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SessionsThatGoOnForLong_ComeOutOnceEach_InBoundedMemory()
    {
        const long Limit = 400_000;
        const int Rounds = 12;
        using var memory = new StreamMemory(Limit, _folder);
        using var sessions = Sessions(memory);
        var said = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            for (var from = 0; from < Keys; from += 500)
            {
                // A row each 4 s; of every third key they end half-way.
                await AddAsync(sessions, [.. Enumerable.Range(from, 500).Where(key => key % 3 > 0 || round < Rounds / 2).Select(key => ((long)key, round * 4 * Second + key))]);
                Assert.InRange(memory.UsedBytes, 1, Limit * 3 / 2);
            }

            said.AddRange(await MoveToAsync(sessions, round * 4 * Second));
        }

        Assert.Empty(await MoveToAsync(sessions, 54 * Second - 1));
        Assert.Equal((Keys + 2) / 3, said.Count);
        Assert.All(said, line => Assert.EndsWith("x6", line, StringComparison.Ordinal));
        var rest = await MoveToAsync(sessions, long.MaxValue);
        Assert.Equal(Keys - said.Count, rest.Distinct().Count());
        Assert.All(rest, line => Assert.EndsWith("x12", line, StringComparison.Ordinal));
        Assert.Equal(0, sessions.LateRowCount);
        Assert.True(memory.SpilledFiles > 10, $"{memory.SpilledFiles} files");
    }

    [Fact]
    public async Task RowBetweenTwoSessionsInFiles_MakesThemOne()
    {
        using var memory = new StreamMemory(1, _folder);
        using var sessions = Sessions(memory);
        await AddAsync(sessions, (1, 0), (1, 15 * Second), (2, 5 * Second));
        await AddAsync(sessions, (1, 7 * Second));

        Assert.Equal(["2 5-15 x1"], await MoveToAsync(sessions, 20 * Second));
        Assert.Equal(["1 0-25 x3"], await MoveToAsync(sessions, 25 * Second));
    }

    [Fact]
    public async Task SessionInMemory_WaitsForWhatItTouchesInFiles_AndTheOtherWayRound()
    {
        using var memory = new StreamMemory(1, _folder);
        using var sessions = Sessions(memory);
        await AddAsync(sessions, (1, 0), (2, 3 * Second));
        await MoveToAsync(sessions, 4 * Second);
        await MakeRoomAsync(sessions);
        Assert.Equal(1, memory.SpilledFiles - 1);

        // These stay in memory, and begin behind the first row of the one in the file, and before the end of the other one.
        using (var rows = Rows((1, 9 * Second), (2, 12 * Second)))
        {
            sessions.Add(rows);
        }

        Assert.Empty(Read(sessions.Advance(18 * Second)));
        Assert.Equal(["1 0-19 x2"], Read(sessions.Advance(19 * Second)));
        Assert.Equal(["2 3-22 x2"], Read(sessions.Advance(22 * Second)));
    }

    [Fact]
    public async Task Checkpoint_HasSpilledSessionsOnce_AndLaterWhatChangedOrEnded()
    {
        using var memory = new StreamMemory(1, _folder);
        using var sessions = Sessions(memory);
        await AddAsync(sessions, (1, 0), (2, 0), (3, 0));
        await MakeRoomAsync(sessions);
        var first = TakeChanged(sessions);
        Assert.Equal(3, first.Sum(batch => batch.RowCount));
        Assert.Empty(TakeChanged(sessions));
        await AddAsync(sessions, (3, 5 * Second));
        await MakeRoomAsync(sessions);
        var second = TakeChanged(sessions);
        Assert.Equal(1, second.Sum(batch => batch.RowCount));
        Assert.Equal(["1 0-10 x1", "2 0-10 x1"], await MoveToAsync(sessions, 12 * Second));
        await MakeRoomAsync(sessions);
        var third = TakeChanged(sessions);
        Assert.Equal(2, third.Sum(batch => batch.RowCount));

        using var restored = Sessions(StreamMemory.Unbounded);
        foreach (var batch in first.Concat(second).Concat(third))
        {
            restored.Restore(batch);
            batch.Dispose();
        }

        await restored.SettleRestoredAsync(12 * Second, Token);
        restored.FinishRestore(12 * Second);
        Assert.Equal(["3 0-15 x2"], Read(restored.Advance(long.MaxValue)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public async Task SessionsThatTouch_OneInAFile_AreOneAfterARestore(long bytes)
    {
        using var memory = new StreamMemory(1, _folder);
        using var before = Sessions(memory);
        await AddAsync(before, (1, 0), (2, 0));
        await AddAsync(before, (1, 9 * Second));
        var log = TakeChanged(before);
        Assert.Equal(3, log.Sum(batch => batch.RowCount));

        using var other = new StreamMemory(bytes, _folder);
        using var after = Sessions(other);
        foreach (var batch in log)
        {
            await MakeRoomAsync(after);
            after.Restore(batch);
            batch.Dispose();
        }

        await after.SettleRestoredAsync(null, Token);
        after.FinishRestore(null);
        Assert.Equal(2, TakeChanged(after).Sum(batch => batch.RowCount));
        Assert.Equal(["2 0-10 x1", "1 0-19 x2"], await MoveToAsync(after, 30 * Second));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500_000)]
    public async Task CheckpointThatDoesNotFit_IsRestoredToFiles(long bytes)
    {
        using var before = Sessions(StreamMemory.Unbounded);
        var log = new List<RecordBatch>();
        for (var from = 0; from < Keys; from += 500)
        {
            await AddAsync(before, [.. Enumerable.Range(from, 500).Select(key => ((long)key, 30 * Second + key))]);
        }

        before.TakeChanged(log);
        await AddAsync(before, [.. Enumerable.Range(0, 1_000).Select(key => ((long)key, 28 * Second))]);
        before.TakeChanged(log);

        using var memory = new StreamMemory(bytes, _folder);
        using var after = Sessions(memory);
        foreach (var batch in log)
        {
            for (var from = 0; from < batch.RowCount; from += 2_000)
            {
                using var some = batch.Slice(from, Math.Min(2_000, batch.RowCount - from));
                await MakeRoomAsync(after);
                after.Restore(some);
            }

            batch.Dispose();
        }

        await after.SettleRestoredAsync(29 * Second, Token);
        after.FinishRestore(29 * Second);
        Assert.True(memory.SpilledFiles > 1);
        Assert.Empty(TakeChanged(after));
        var said = await MoveToAsync(after, long.MaxValue);

        Assert.Equal(Keys, said.Count);
        Assert.Equal(1_000, said.Count(line => line.Contains(" 28-", StringComparison.Ordinal) && line.EndsWith("x2", StringComparison.Ordinal)));
        Assert.Equal(Keys - 1_000, said.Count(line => line.EndsWith("x1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_LosesNoSession()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", Token);
        using var memory = new StreamMemory(1, Path.Combine(_folder, "file", "x"));
        using var sessions = Sessions(memory);
        using var rows = Rows((1, 0), (2, 0));
        sessions.Add(rows);

        var exception = await Assert.ThrowsAsync<FlowException>(() => sessions.MakeRoomAsync(1, Token).AsTask());

        Assert.Equal(FlowErrorCode.StoreUnavailable, exception.Code);
        Assert.Equal(["1 0-10 x1", "2 0-10 x1"], Read(sessions.Advance(long.MaxValue)));
    }

    [Fact]
    public void SessionsFarAhead_ComeBackInFewSteps_NoneOfThemTooLate()
    {
        var buckets = new HashSet<long>();
        for (var start = 0L; start < 365L * 86_400 * Second; start += 7 * Second)
        {
            var session = new Session { Start = start, End = start + 10 * Second };
            var bucket = SessionBuckets.Of(session, watermarkMicros: 5 * Second, gapMicros: 10 * Second);
            Assert.InRange(bucket, 5 * Second + 1, Math.Max(start + 1, 15 * Second));
            buckets.Add(bucket);
        }

        Assert.InRange(buckets.Count, 100, 1_000);
    }

    private static SessionWindows Sessions(StreamMemory memory) => new(Shape, Gap, ArrowAllocator.Default) { Memory = memory.Open() };

    private static async Task AddAsync(SessionWindows sessions, params (long Key, long Micros)[] some)
    {
        using var rows = Rows(some);
        if (sessions.NeedsRoom(rows.RowCount))
        {
            await sessions.MakeRoomAsync(rows.RowCount, Token);
        }

        sessions.Add(rows);
    }

    private static async Task MakeRoomAsync(SessionWindows sessions)
    {
        if (sessions.NeedsRoom(0))
        {
            await sessions.MakeRoomAsync(0, Token);
        }
    }

    /// <summary>What comes out up to a watermark, step by step.</summary>
    private static async Task<List<string>> MoveToAsync(SessionWindows sessions, long watermark)
    {
        var said = new List<string>();
        for (var step = sessions.StepTo(watermark); step < watermark; step = sessions.StepTo(watermark))
        {
            said.AddRange(Read(sessions.Advance(step)));
            await MakeRoomAsync(sessions);
        }

        said.AddRange(Read(sessions.Advance(watermark)));
        return said;
    }

    private static List<RecordBatch> TakeChanged(SessionWindows sessions)
    {
        var log = new List<RecordBatch>();
        sessions.TakeChanged(log);
        return log;
    }

    private static RecordBatch Rows(params (long Key, long Micros)[] rows)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var (key, micros) in rows)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<TimestampBuilder>(1).Append(micros);
        }

        return builder.Build();
    }

    /// <summary>Key, first and last second, and count.</summary>
    private static List<string> Read(IEnumerable<RecordBatch> batches)
    {
        var said = new List<string>();
        foreach (var batch in batches)
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                long Time(int column) => batch.Column<TimestampArray>(column).Values[row] / Second;
                said.Add($"{batch.Column<Int64Array>(0).Values[row]} {Time(2)}-{Time(3)} x{batch.Column<Int64Array>(1).Values[row]}");
            }

            batch.Dispose();
        }

        return said;
    }
}
