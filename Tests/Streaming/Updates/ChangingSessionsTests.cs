using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Updates;

/// <summary>Goal: whatever goes out early, is corrected and moves, sessions are those of the rows that were not too late, as a simple loop over the sorted rows and DuckDB say; each row that is taken back was there.</summary>
public sealed class ChangingSessionsTests : IAsyncLifetime
{
    private const int Seeds = 20;
    private EngineInstance _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, Token);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("k", 0.3)]
    [InlineData("name", 1)]
    [InlineData("k, name, flag", 3)]
    [InlineData("", 0.2)]
    public async Task Sessions_AreAtEachMomentThoseOfTheRowsThatWereTaken_AndEndAsABatchQuerySays(string keys, double gapSeconds)
    {
        int[] columns = [.. keys.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(key => WindowEvents.Schema.IndexOf(key))];
        var (gap, gapMicros) = (TimeSpan.FromSeconds(gapSeconds), (long)(gapSeconds * 1_000_000));
        var (late, retracted, shown) = (0L, 0, 0);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var events = new WindowEvents(seed, count: 400);
            foreach (var lateness in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(0.7), TimeSpan.FromHours(1) })
            {
                using var run = new ChangingSessionRuns(events, seed, gap, columns, lateness);

                var left = run.Run(seed % 3 + 1, movesOften: seed % 4 != 0);

                Assert.Equal(events.Count - run.Taken.Count, run.LateRowCount);
                Assert.Equal(await events.AskAsync(_engine, Sql(Keys(keys), gapMicros, string.Join(", ", run.Taken)), Token), left);
                late += run.LateRowCount;
                retracted += run.RetractCount;
                shown += run.ShownCount;
            }
        }

        Assert.True(late > 100, $"Only {late} rows are too late in all runs.");
        Assert.True(retracted > 25, $"Only {retracted} rows are taken back in all runs.");
        Assert.True(shown > 25, $"Only {shown} times all that was there is compared.");
    }

    [Fact]
    public async Task StateThatDoesNotFitInMemory_IsRefusedInWords_SinceItCannotGoToFiles()
    {
        var folder = Directory.CreateTempSubdirectory("changing-sessions-").FullName;
        try
        {
            using var memory = new StreamMemory(1, folder);
            using var sessions = new ChangingSessions(WindowEvents.Shape(0), TimeSpan.FromSeconds(1), TimeSpan.Zero, ArrowAllocator.Default) { Memory = memory.Open() };
            using var rows = new WindowEvents(1, count: 2).Batch([0, 1], ArrowAllocator.Default);
            sessions.Add(rows);

            Assert.True(sessions.NeedsRoom(1));
            var exception = await Assert.ThrowsAsync<FlowException>(() => sessions.MakeRoomAsync(1, Token).AsTask());

            Assert.Equal(FlowErrorCode.LimitExceeded, exception.Code);
            Assert.Contains("Give the worker more memory", exception.Message, StringComparison.Ordinal);
            sessions.Memory.Dispose();
            Assert.Equal(0, memory.UsedBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Keys(string keys) => keys.Length == 0 ? "" : keys + ",";

    private static string Sql(string keys, long gap, string taken) => $"""
        select {keys} {WindowEvents.Sql}, min(t), max(t) + {gap}, max(t) + {gap} - 1 from (
            select *, sum(case when t - before < {gap} then 0 else 1 end) over ({Partition(keys)} order by t) as s
            from (select *, lag(t) over ({Partition(keys)} order by t) as before from (select * from (select *, row_number() over () - 1 as i from e) where i in ({taken})))
        ) group by {keys} s
        """;

    private static string Partition(string keys) => keys.Length == 0 ? "" : $"partition by {keys.TrimEnd(',')}";
}
