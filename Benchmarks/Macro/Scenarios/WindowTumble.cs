using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A count by key in ten tumbling windows, on one thread, against a loop over the same numbers with a hash table made for it, and against DuckDB as one batch query.</summary>
/// <param name="keyCount">Different keys.</param>
/// <param name="memoryMegabytes">Memory of the windows; then the same with enough of it is what it is held against. 0: without a limit.</param>
internal sealed class WindowTumble(int keyCount, int memoryMegabytes) : Scenario
{
    public const int MemoryMegabytesMax = 1_000_000;

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

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many rows a second are counted by {keyCount:N0} keys in tumbling windows{(memoryMegabytes > 0 ? $" of {memoryMegabytes} MB" : "")}, results included, on one core?");

    public override string Unit => "M rows/s";

    public override string BaselineName => memoryMegabytes > 0 ? "the same with enough memory, M rows/s" : "a bare loop with a hash table for it, M rows/s";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines => memoryMegabytes > 0 ? [] : [new("DuckDB, one thread, as one query, M rows/s", MeasureDuckDbAsync)];

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

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await MeasureAsync(memoryMegabytes * 1_000_000L, cancellationToken));

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        memoryMegabytes > 0 ? await MeasureAsync(0, cancellationToken) : MeasureBareLoop();

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
        using var windows = new TumblingWindows(WindowEventsTable.Shape, Width, ArrowAllocator.Pooled) { Memory = memory?.Open() ?? MemoryShare.Unbounded };
        await _events!.RunAsync(windows, 0, FirstBatches, cancellationToken);
        var began = _clock.GetTimestamp();
        var rows = await _events.RunAsync(windows, FirstBatches, _events.Batches.Count, cancellationToken);
        return rows > 0 && memory?.SpilledBytes != 0
            ? Rate(began)
            : throw new InvalidOperationException(rows > 0 ? $"The windows fit in {memoryMegabytes} MB; give them less, or more keys." : "No window came out.");
    }

    private double MeasureBareLoop()
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

        return Rate(began);
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
