using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Streaming.Windows;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: whatever goes out early, is corrected and moves, in the end results are those that DuckDB gives over the rows that were not too late; each row that is taken back was there. Sessions are at each moment those of a loop over the sorted rows.</summary>
public sealed class ChangingWindowsTests : IAsyncLifetime
{
    private const int Seeds = 20;
    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k")]
    [InlineData("name")]
    [InlineData("k, name, flag")]
    [InlineData("")]
    public Task TumblingWindows_EndAsABatchQuerySays(string keys) => CheckAsync(
        keys,
        Panes(new WindowConfig { Tumbling = new TumblingWindow { WidthMicros = 1_000_000 } }),
        rows => $"select {Keys(keys)} {WindowEvents.Sql}, s, s + 1000000, s + 999999 from (select *, t - ((t % 1000000) + 1000000) % 1000000 as s from {rows}) group by {Keys(keys)} s");

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 1, 3)]
    [InlineData("k, name", 2, 2)]
    [InlineData("", 1, 10)]
    public Task HoppingWindows_EndAsABatchQuerySays(string keys, int slide, int width) => CheckAsync(
        keys,
        Panes(new WindowConfig { Hopping = new HoppingWindow { SlideMicros = slide * 1_000_000, WidthMicros = width * 1_000_000 } }),
        rows => $"""
        select {Keys(keys)} {WindowEvents.Sql}, s, s + {width}000000, s + {width}000000 - 1 from (
            select *, t - ((t % {slide}000000) + {slide}000000) % {slide}000000 - unnest(range(0, {width / slide})) * {slide}000000 as s from {rows}
        ) group by {Keys(keys)} s
        """);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 1, 5)]
    [InlineData("name", 1, 1)]
    [InlineData("", 1, 20)]
    public Task CumulatingWindows_EndAsABatchQuerySays(string keys, int step, int width) => CheckAsync(
        keys,
        Panes(new WindowConfig { Cumulating = new CumulatingWindow { StepMicros = step * 1_000_000, WidthMicros = width * 1_000_000 } }),
        rows => $"""
        select {Keys(keys)} {WindowEvents.Sql}, s, w, w - 1 from (
            select *, s + unnest(range((t - s) // {step}000000 + 1, {width / step} + 1)) * {step}000000 as w
            from (select *, t - ((t % {width}000000) + {width}000000) % {width}000000 as s from {rows})
        ) group by {Keys(keys)} s, w
        """);

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 300_000)]
    [InlineData("name", 1_000_000)]
    [InlineData("k, name, flag", 3_000_000)]
    [InlineData("", 200_000)]
    public async Task Sessions_AreAtEachMomentThoseOfTheRowsThatWereTaken_AndEndAsABatchQuerySays(string keys, long gap)
    {
        var shown = 0;
        await CheckAsync(
            keys,
            new Case(
                (shape, lateness, allocator) => new ChangingSessions(shape, TimeSpan.FromMicroseconds(gap), lateness, allocator),
                (time, floor) => time >= floor,
                (events, columns, taken, left) =>
                {
                    Assert.Equal(new SortedSessions(events, columns, gap).Of(taken), left.Select(line => SortedSessions.BoundsOf(line, columns.Length)).Order(StringComparer.Ordinal));
                    shown++;
                }),
            rows => $"""
            select {Keys(keys)} {WindowEvents.Sql}, min(t), max(t) + {gap}, max(t) + {gap} - 1 from (
                select *, sum(case when t - before < {gap} then 0 else 1 end) over ({Partition(keys)} order by t) as s
                from (select *, lag(t) over ({Partition(keys)} order by t) as before from {rows})
            ) group by {Keys(keys)} s
            """);
        Assert.True(shown > 25, $"Only {shown} times all that was there is compared.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StateThatDoesNotFitInMemory_IsRefusedInWords_SinceItCannotGoToFiles(bool isSession)
    {
        var folder = Directory.CreateTempSubdirectory("changing-windows-").FullName;
        try
        {
            using var memory = new StreamMemory(1, folder);
            using ChangingEventWindows windows = isSession
                ? new ChangingSessions(WindowEvents.Shape(0), TimeSpan.FromSeconds(1), TimeSpan.Zero, ArrowAllocator.Default)
                : new ChangingWindows(WindowEvents.Shape(0), WindowPanes.Of(new WindowConfig { Tumbling = new TumblingWindow { WidthMicros = 5 } }), TimeSpan.Zero, ArrowAllocator.Default);
            windows.Memory = memory.Open();
            using var rows = new WindowEvents(1, count: 2).Batch([0, 1], ArrowAllocator.Default);
            windows.Add(rows);

            Assert.True(windows.NeedsRoom(1));
            var exception = await Assert.ThrowsAsync<FlowException>(() => windows.MakeRoomAsync(1, Token).AsTask());

            Assert.Equal(FlowErrorCode.LimitExceeded, exception.Code);
            Assert.Contains("Give the worker more memory", exception.Message, StringComparison.Ordinal);
            windows.Memory.Dispose();
            Assert.Equal(0, memory.UsedBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Keys(string keys) => keys.Length == 0 ? "" : keys + ",";

    private static string Partition(string keys) => keys.Length == 0 ? "" : $"partition by {keys}";

    private static Case Panes(WindowConfig config)
    {
        var panes = WindowPanes.Of(config);
        var width = panes.PaneMicros;
        return new Case(
            (shape, lateness, allocator) => new ChangingWindows(shape, panes, lateness, allocator),
            (time, floor) => time - (((time % width) + width) % width) + width > floor,
            (_, _, _, _) => { });
    }

    private async Task CheckAsync(string keys, Case one, Func<string, string> sql)
    {
        int[] columns = [.. keys.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(key => WindowEvents.Schema.IndexOf(key))];
        var (late, retracted) = (0L, 0);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var events = new WindowEvents(seed, count: 400);
            foreach (var lateness in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(0.7), TimeSpan.FromHours(1) })
            {
                ChangingWindowRuns? running = null;
                using var run = running = new ChangingWindowRuns(events, seed, columns, allocator => one.Make(WindowEvents.Shape(columns), lateness, allocator))
                {
                    IsTaken = (time, watermark) => one.IsTaken(time, watermark - (long)lateness.TotalMicroseconds),
                    OnShown = left => one.OnShown(events, columns, running!.Taken, left),
                };

                var left = run.Run(seed % 3 + 1, movesOften: seed % 4 != 0);

                Assert.Equal(events.Count - run.Taken.Count, run.LateRowCount);
                Assert.Equal(await events.AskAsync(_engine, sql($"(select * from (select *, row_number() over () - 1 as i from e) where i in ({string.Join(", ", run.Taken)}))"), Token), left);
                late += run.LateRowCount;
                retracted += run.RetractCount;
            }
        }

        Assert.True(late > 100, $"Only {late} rows are too late in all runs.");
        Assert.True(retracted > 25, $"Only {retracted} rows are taken back in all runs.");
    }

    /// <summary>A kind of windows.</summary>
    /// <param name="Make">Makes them, with a lateness.</param>
    /// <param name="IsTaken">Whether a row is taken, by its time and the watermark less the lateness.</param>
    /// <param name="OnShown">Called with keys, the rows that were taken and the results that are there, when all has gone out.</param>
    private sealed record Case(
        Func<WindowShape, TimeSpan, ArrowAllocator, ChangingEventWindows> Make,
        Func<long, long, bool> IsTaken,
        Action<WindowEvents, int[], IReadOnlyList<int>, IReadOnlyCollection<string>> OnShown);
}
