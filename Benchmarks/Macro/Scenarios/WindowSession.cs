using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A count by key in sessions with a gap of a second, on one thread, against DuckDB as one batch query.</summary>
/// <remarks>Keys come at random over ten seconds: of few keys sessions go on for long, of many each row is one.</remarks>
/// <param name="keyCount">Different keys.</param>
/// <param name="memoryMegabytes">Memory of the sessions; then the same with enough of it is what it is held against. 0: without a limit.</param>
internal sealed class WindowSession(int keyCount, int memoryMegabytes) : Scenario
{
    private const int Rows = 4_000_000;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = TimeProvider.System;
    private WindowEventsTable? _events;
    private EngineInstance? _engine;

    public override string Name => "window-session";

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many rows a second are counted by {keyCount:N0} keys in sessions{(memoryMegabytes > 0 ? $" of {memoryMegabytes} MB" : "")}, results included, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => memoryMegabytes > 0 ? "the same with enough memory, M rows/s" : "DuckDB, one thread, as one query, M rows/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _events = new WindowEventsTable(Rows, keyCount, Length);
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        for (var pass = 0; pass < 2; pass++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await MeasureAsync(memoryMegabytes * 1_000_000L, cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        memoryMegabytes > 0 ? MeasureAsync(0, cancellationToken) : MeasureDuckDbAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        _events?.Dispose();
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async Task<double> MeasureAsync(long memoryBytes, CancellationToken cancellationToken)
    {
        using var memory = memoryBytes > 0 ? new StreamMemory(memoryBytes) : null;
        using var windows = new SessionWindows(WindowEventsTable.Shape, Gap, ArrowAllocator.Pooled) { Memory = memory?.Open() ?? MemoryShare.Unbounded };
        var began = _clock.GetTimestamp();
        var rows = await _events!.RunAsync(windows, 0, _events.Batches.Count, cancellationToken);
        return rows > 0 && memory?.SpilledBytes != 0
            ? Rate(began)
            : throw new InvalidOperationException(rows > 0 ? $"The sessions fit in {memoryMegabytes} MB; give them less, or more keys." : "No session came out.");
    }

    private async Task<double> MeasureDuckDbAsync(CancellationToken cancellationToken)
    {
        await using var session = _engine!.OpenSession();
        await session.RegisterBatchesAsync("events", _events!.Batches[0].Schema, _events.Batches, cancellationToken);
        var began = _clock.GetTimestamp();
        await using var result = await session.QueryAsync(
            """
            select key, min(t), max(t) + 1000000, count(*) from (
                select *, sum(case when t - before < 1000000 then 0 else 1 end) over (partition by key order by t) as s
                from (select key, epoch_us(_timestamp) as t, lag(t) over (partition by key order by t) as before from events)
            ) group by key, s
            """,
            null,
            cancellationToken);
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            batch.Dispose();
        }

        return Rate(began);
    }

    private double Rate(long began) => Rows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;
}
