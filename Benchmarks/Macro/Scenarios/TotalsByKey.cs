using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A count by key over all time, on one thread, with each change of it, against DuckDB as one batch query, which gives the last counts alone.</summary>
/// <remarks>Keys come at random, each as often as any other: the worst for state in files, since no key is met again before all others were. The first half of the rows is not measured: there the tables grow.</remarks>
/// <param name="keyCount">Different keys.</param>
/// <param name="memoryMegabytes">Memory of the totals; then the same with enough of it is what it is held against. 0: without a limit.</param>
internal sealed class TotalsByKey(int keyCount, int memoryMegabytes) : Scenario
{
    private const int Rows = 8_000_000;

    // As the operator, which also has a second to pass.
    private const int FreshKeysMax = 262_144;

    private readonly TimeProvider _clock = TimeProvider.System;
    private WindowEventsTable? _events;
    private EngineInstance? _engine;

    public override string Name => "totals";

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many rows a second are counted by {keyCount:N0} keys for ever{(memoryMegabytes > 0 ? $" in {memoryMegabytes} MB" : "")}, changes included, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => memoryMegabytes > 0 ? "the same with enough memory, M rows/s" : "DuckDB, one thread, as one query, M rows/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _events = new WindowEventsTable(Rows, keyCount, TimeSpan.FromSeconds(10));
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        await MeasureAsync(cancellationToken);
        await MeasureBaselineAsync(cancellationToken);
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
        using var totals = Make();
        totals.Memory = memory?.Open() ?? MemoryShare.Unbounded;
        var half = _events!.Batches.Count / 2;
        await RunAsync(totals, _events.Batches[..half], cancellationToken);
        var began = _clock.GetTimestamp();
        var changes = await RunAsync(totals, _events.Batches[half..], cancellationToken);
        var rate = Rows / 2 / _clock.GetElapsedTime(began).TotalSeconds / 1e6;
        return changes > 0 && memory?.SpilledBytes != 0
            ? rate
            : throw new InvalidOperationException(changes > 0 ? $"The totals fit in {memoryMegabytes} MB; give them less, or more keys." : "Nothing changed.");
    }

    private static KeyTotals Make()
    {
        var (input, count) = (WindowEventsTable.Shape.Input, new AggregateSpec(AggregateKind.Count, null, null, ArrowType.Int64));
        var time = input.Fields[1];
        return new KeyTotals(
            [0],
            [ArrowType.Int64],
            [count, new(AggregateKind.Max, 1, time.Type, time.Type), count],
            new ArrowSchema(input.Fields[0], new ArrowField("count", ArrowType.Int64), new ArrowField("_is_retract", ArrowType.Boolean), time),
            ArrowAllocator.Pooled);
    }

    private static async Task<long> RunAsync(KeyTotals totals, List<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var rows = 0L;
        foreach (var batch in batches)
        {
            await totals.AddAsync(batch, cancellationToken);
            if (totals.FreshCount >= FreshKeysMax)
            {
                rows += await ChangeAsync(totals, cancellationToken);
            }
        }

        return rows + await ChangeAsync(totals, cancellationToken);
    }

    private static async Task<long> ChangeAsync(KeyTotals totals, CancellationToken cancellationToken)
    {
        var rows = 0L;
        await foreach (var change in totals.ChangeAsync(cancellationToken))
        {
            rows += change.RowCount;
            change.Dispose();
        }

        return rows;
    }

    private async Task<double> MeasureDuckDbAsync(CancellationToken cancellationToken)
    {
        await using var session = _engine!.OpenSession();
        await session.RegisterBatchesAsync("events", _events!.Batches[0].Schema, _events.Batches, cancellationToken);
        var began = _clock.GetTimestamp();
        await using var result = await session.QueryAsync("select key, count(*), max(_timestamp) from events group by all", null, cancellationToken);
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            batch.Dispose();
        }

        return Rows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;
    }
}
