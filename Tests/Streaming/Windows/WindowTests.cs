using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Windows;

/// <summary>Goal: windows hold what DuckDB says that they hold, run straight or moved between subtasks from checkpoints.</summary>
public sealed class WindowTests : IAsyncLifetime
{
    private const int Seeds = 25;
    private const int SeedsPerSpill = 12;
    private const int SessionSeedsPerSpill = 2;
    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k")]
    [InlineData("name")]
    [InlineData("k, name, flag")]
    [InlineData("")]
    public Task TumblingWindows_HoldWhatABatchQuerySays(string keys) => CheckAsync(
        keys,
        (shape, allocator) => new TumblingWindows(shape, TimeSpan.FromSeconds(5), allocator),
        $"select {Keys(keys)} {WindowEvents.Sql}, s, s + 5000000, s + 4999999 from (select *, t - ((t % 5000000) + 5000000) % 5000000 as s from e) group by {Keys(keys)} s");

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 2, 6)]
    [InlineData("name", 1, 20)]
    [InlineData("k, name", 3, 3)]
    [InlineData("", 1, 2)]
    public Task HoppingWindows_HoldWhatABatchQuerySays(string keys, int slide, int width) => CheckAsync(
        keys,
        (shape, allocator) => new HoppingWindows(shape, TimeSpan.FromSeconds(slide), TimeSpan.FromSeconds(width), allocator),
        $"""
        select {Keys(keys)} {WindowEvents.Sql}, s, s + {width}000000, s + {width}000000 - 1 from (
            select *, t - ((t % {slide}000000) + {slide}000000) % {slide}000000 - unnest(range(0, {width / slide})) * {slide}000000 as s from e
        ) group by {Keys(keys)} s
        """);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 2, 10)]
    [InlineData("k, name", 5, 5)]
    [InlineData("", 1, 30)]
    public Task CumulatingWindows_HoldWhatABatchQuerySays(string keys, int step, int width) => CheckAsync(
        keys,
        (shape, allocator) => new CumulatingWindows(shape, TimeSpan.FromSeconds(step), TimeSpan.FromSeconds(width), allocator),
        $"""
        select {Keys(keys)} {WindowEvents.Sql}, s, w, w - 1 from (
            select *, s + unnest(range((t - s) // {step}000000 + 1, {width / step} + 1)) * {step}000000 as w
            from (select *, t - ((t % {width}000000) + {width}000000) % {width}000000 as s from e)
        ) group by {Keys(keys)} s, w
        """);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k")]
    [InlineData("k, name")]
    [InlineData("")]
    public Task SessionWindows_HoldWhatABatchQuerySays(string keys) => CheckAsync(
        keys,
        (shape, allocator) => new SessionWindows(shape, TimeSpan.FromSeconds(1.5), allocator),
        $"""
        select {Keys(keys)} {WindowEvents.Sql}, min(t), max(t) + 1500000, max(t) + 1499999 from (
            select *, sum(case when t - before < 1500000 then 0 else 1 end) over (partition by {Keys(keys)} 1 order by t) as s
            from (select *, lag(t) over (partition by {Keys(keys)} 1 order by t) as before from e)
        ) group by {Keys(keys)} s
        """);

    [Fact]
    public void RowsThatComeAfterTheirWindow_AreCountedAndLeftOut()
    {
        var events = new WindowEvents(1, count: 2);
        using var rows = events.Batch([0, 1], ArrowAllocator.Default);
        using var windows = new TumblingWindows(WindowEvents.Shape(0), TimeSpan.FromSeconds(1), ArrowAllocator.Default);
        var output = new List<RecordBatch>();
        windows.AdvanceTo(Math.Max(events.TimeOf(0), events.TimeOf(1)) + 1_000_000, output);

        windows.Add(rows);
        windows.AdvanceTo(long.MaxValue, output);

        Assert.Equal(2, windows.LateRowCount);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("tumbling", 2_000_000)]
    [InlineData("hopping", 1_000_000)]
    [InlineData("cumulating", 1_000_000)]
    [InlineData("session", 1)]
    public void RowsThatAreLeftOut_AreHandedOutOnce_AndNoOthers_AlsoAfterARestore(string kind, long partMicros)
    {
        var shape = WindowEvents.Shape(0) with { LateColumns = [2] };
        for (var seed = 0; seed < 8; seed++)
        {
            var events = new WindowEvents(seed, count: 300);
            var times = Enumerable.Range(0, events.Count).Select(events.TimeOf).ToList();
            var watermark = times.Order().ElementAt(150);
            using var rows = events.Batch([.. Enumerable.Range(0, events.Count)], ArrowAllocator.Default);

            // A part of time is complete when its end is reached: of sessions, each moment for itself.
            var expected = times.Where(time => time - (((time % partMicros) + partMicros) % partMicros) + partMicros <= watermark).ToList();
            foreach (var isRestored in new[] { false, true })
            {
                using var windows = Make(kind, shape);
                if (isRestored)
                {
                    windows.FinishRestore(watermark);
                }
                else
                {
                    windows.AdvanceTo(watermark, []);
                }

                var late = new List<RecordBatch>();
                windows.Add(rows);
                windows.TakeLate(late);
                windows.TakeLate(late);

                Assert.Equal(["n", "_timestamp"], late.SelectMany(batch => batch.Schema.Fields.Select(field => field.Name)).Distinct());
                Assert.Equal(expected.Order(), late.SelectMany(batch => batch.Column<TimestampArray>(1).Values.ToArray()).Order());
                Assert.Equal(expected.Count, windows.LateRowCount);
                late.ForEach(batch => batch.Dispose());
            }
        }
    }

    [Fact]
    public void WindowThatIsOpen_DoesNotComeOut()
    {
        var events = new WindowEvents(2, count: 1);
        using var rows = events.Batch([0], ArrowAllocator.Default);
        using var windows = new TumblingWindows(WindowEvents.Shape(0), TimeSpan.FromMicroseconds(10), ArrowAllocator.Default);
        windows.Add(rows);
        var output = new List<RecordBatch>();
        var end = events.TimeOf(0) - ((events.TimeOf(0) % 10 + 10) % 10) + 10;

        windows.AdvanceTo(end - 1, output);
        Assert.Empty(output);

        windows.AdvanceTo(end, output);
        Assert.Equal(end - 1, output.Single().Column<TimestampArray>("_timestamp").Values[0]);
        output.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void EarlierWatermark_ChangesNothing()
    {
        using var windows = new TumblingWindows(WindowEvents.Shape(0), TimeSpan.FromSeconds(1), ArrowAllocator.Default);
        windows.AdvanceTo(10, []);

        windows.AdvanceTo(5, []);

        Assert.Equal(10, windows.WatermarkMicros);
    }

    [Fact]
    public void Hop_WhoseWidthIsNoMultipleOfItsSlide_IsRefusedByBothNumbers()
    {
        var exception = Assert.Throws<FlowException>(() => new HoppingWindows(WindowEvents.Shape(0), TimeSpan.FromSeconds(2400), TimeSpan.FromSeconds(3600), ArrowAllocator.Default));

        Assert.Equal(FlowErrorCode.BadInput, exception.Code);
        Assert.Equal("hop() width 3600s has to be a multiple of slide 2400s.", exception.Message);
    }

    [Fact]
    public void Checkpoint_WritesOnlyWhatChanged()
    {
        var events = new WindowEvents(3, count: 400);
        using var windows = new TumblingWindows(WindowEvents.Shape(0), TimeSpan.FromDays(100_000), ArrowAllocator.Default);
        using var all = events.Batch(Enumerable.Range(0, 400), ArrowAllocator.Default);
        using var one = events.Batch([0], ArrowAllocator.Default);
        windows.Add(all);
        var log = new List<RecordBatch>();
        windows.TakeChanged(log);
        Assert.True(log.Sum(batch => batch.RowCount) > 1);
        log.ForEach(batch => batch.Dispose());
        log.Clear();

        windows.Add(one);
        windows.TakeChanged(log);

        Assert.Equal(1, Assert.Single(log).RowCount);
        log.ForEach(batch => batch.Dispose());
        log.Clear();
        windows.TakeChanged(log);
        Assert.Empty(log);
    }

    private static string Keys(string keys) => keys.Length == 0 ? "" : keys + ",";

    private async Task CheckAsync(string keys, Func<WindowShape, ArrowAllocator, EventWindows> make, string sql)
    {
        int[] columns = [.. keys.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(WindowEvents.Schema.IndexOf)];
        using var one = make(WindowEvents.Shape(columns), ArrowAllocator.Default);
        var seedsPerSpill = one is SessionWindows ? SessionSeedsPerSpill : SeedsPerSpill;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var events = new WindowEvents(seed);
            var expected = await events.AskAsync(_engine, sql, Token);
            foreach (var movesOften in (bool[])[false, true])
            {
                using var run = new WindowRuns(events, seed, allocator => make(WindowEvents.Shape(columns), allocator), columns);
                var lines = await run.RunAsync(movesOften ? 2 : 1, movesOften, Token);
                Assert.Equal(0, run.LateRowCount);
                AssertSame(expected, lines, $"seed {seed}{(movesOften ? ", moved" : "")}");
            }

            if (seed % seedsPerSpill == 0)
            {
                await CheckSpilledAsync(events, seed, columns, make, expected);
            }
        }
    }

    /// <summary>The same with almost no memory: every batch finds all of what is open in files; or with some, so that a part of it stays.</summary>
    private static async Task CheckSpilledAsync(WindowEvents events, int seed, int[] columns, Func<WindowShape, ArrowAllocator, EventWindows> make, List<string> expected)
    {
        var folder = Directory.CreateTempSubdirectory("window-spill-");
        try
        {
            foreach (var (bytes, movesOften) in ((long, bool)[])[(1, false), (1, true), (20_000, true)])
            {
                using var memory = new StreamMemory(bytes, folder.FullName);
                using (var run = new WindowRuns(events, seed, allocator => make(WindowEvents.Shape(columns), allocator), columns, memory))
                {
                    AssertSame(expected, await run.RunAsync(movesOften ? 2 : 1, movesOften, Token), $"seed {seed}, {bytes} bytes of memory{(movesOften ? ", moved" : "")}");

                    // One that is moved may come to subtasks that all have enough.
                    Assert.True(memory.SpilledFiles > 0 || movesOften);
                }

                Assert.Equal(0, memory.UsedBytes);
                Assert.Empty(Directory.EnumerateFiles(folder.FullName, "*.arrow", SearchOption.AllDirectories));
            }

            Assert.Empty(folder.EnumerateDirectories());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void AssertSame(List<string> expected, List<string> actual, string what)
    {
        var missing = expected.Except(actual).Take(3).ToList();
        var surplus = actual.Except(expected).Take(3).ToList();
        Assert.True(
            missing.Count == 0 && surplus.Count == 0 && expected.Count == actual.Count,
            $"{what}: {expected.Count} rows expected, {actual.Count} came.\nMissing:\n{string.Join('\n', missing)}\nToo many:\n{string.Join('\n', surplus)}");
    }

    private static EventWindows Make(string kind, WindowShape shape) => kind switch
    {
        "tumbling" => new TumblingWindows(shape, TimeSpan.FromSeconds(2), ArrowAllocator.Default),
        "hopping" => new HoppingWindows(shape, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), ArrowAllocator.Default),
        "cumulating" => new CumulatingWindows(shape, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), ArrowAllocator.Default),
        _ => new SessionWindows(shape, TimeSpan.FromSeconds(2), ArrowAllocator.Default),
    };
}
