using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A count by key in ten tumbling windows, on one thread, against a loop over the same numbers with a hash table made for it, and against DuckDB as one batch query.</summary>
/// <param name="keyCount">Different keys.</param>
internal sealed class WindowTumble(int keyCount) : Scenario
{
    public const int DefaultKeyCount = 1_000_000;
    public const int KeyCountMax = 10_000_000;
    private const int Rows = 10_000_000;
    private const int Windows = 10;

    // In the first ones the tables grow; a job runs for days.
    private const int FirstWindows = 2;
    private const int Block = 64;
    private static readonly TimeSpan Width = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = TimeProvider.System;
    private WindowEventsTable? _events;
    private EngineInstance? _engine;

    public override string Name => "window-tumble";

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many rows a second are counted by {keyCount:N0} keys in tumbling windows, results included, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => "a bare loop with a hash table for it, M rows/s";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines => [new("DuckDB, one thread, as one query, M rows/s", MeasureDuckDbAsync)];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _events = new WindowEventsTable(Rows, keyCount, Width * Windows);
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        for (var pass = 0; pass < 3; pass++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        using var windows = new TumblingWindows(WindowEventsTable.Shape, Width, ArrowAllocator.Pooled);
        _events!.Run(windows, 0, FirstBatches);
        var began = _clock.GetTimestamp();
        var rows = _events.Run(windows, FirstBatches, _events.Batches.Count);
        return rows > 0 ? Task.FromResult(new Sample(Rate(began))) : throw new InvalidOperationException("No window came out.");
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var slots = new Slot[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * keyCount))];
        foreach (var batch in _events!.Batches[..FirstBatches])
        {
            Count(slots, batch.Column<Int64Array>(0).Values);
        }

        var began = _clock.GetTimestamp();
        foreach (var batch in _events.Batches[FirstBatches..])
        {
            Count(slots, batch.Column<Int64Array>(0).Values);
        }

        return Task.FromResult(Rate(began));
    }

    public override async ValueTask DisposeAsync()
    {
        _events?.Dispose();
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static unsafe void Count(Slot[] slots, ReadOnlySpan<long> keys)
    {
        var (shift, mask) = (64 - int.TrailingZeroCount(slots.Length), slots.Length - 1);
        fixed (Slot* first = slots)
        {
            for (var start = 0; start < keys.Length; start += Block)
            {
                var some = keys.Slice(start, Math.Min(Block, keys.Length - start));
                foreach (var key in some)
                {
                    Sse.Prefetch0(first + (Spread(key) >> shift));
                }

                foreach (var key in some)
                {
                    for (var at = (long)(Spread(key) >> shift); ; at = (at + 1) & mask)
                    {
                        if (first[at].Count == 0 || first[at].Key == key)
                        {
                            first[at].Key = key;
                            first[at].Count++;
                            break;
                        }
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Spread(long key) => (ulong)(key ^ (long)((ulong)key >> 32)) * 0x9E37_79B9_7F4A_7C15;

    private async Task<double> MeasureDuckDbAsync(CancellationToken cancellationToken)
    {
        await using var session = _engine!.OpenSession();
        await session.RegisterBatchesAsync("events", _events!.Batches[0].Schema, _events.Batches, cancellationToken);
        var began = _clock.GetTimestamp();
        await using var result = await session.QueryAsync("select key, epoch_us(_timestamp) // 1000000 as w, count(*) from events group by all", null, cancellationToken);
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            batch.Dispose();
        }

        return Rows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;
    }

    private int FirstBatches => _events!.Batches.Count * FirstWindows / Windows;

    private double Rate(long began) => Rows * (double)(Windows - FirstWindows) / Windows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;

    private struct Slot
    {
        public long Key;
        public long Count;
    }
}
