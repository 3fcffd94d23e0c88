using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Windows whose results are handed out more than once: before they are complete, and again when rows come late. What is no more true is taken back.</summary>
internal abstract class ChangingEventWindows : EventWindows
{
    /// <param name="shape">Rows in and out.</param>
    /// <param name="lateness">How long behind its end a window is kept. Not negative.</param>
    /// <param name="allocator">Where columns come from.</param>
    private protected ChangingEventWindows(WindowShape shape, TimeSpan lateness, ArrowAllocator allocator)
        : base(shape with { IsChanging = true }, allocator)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lateness, TimeSpan.Zero);
        LatenessMicros = Micros(lateness);
    }

    /// <summary>Windows or sessions that are kept.</summary>
    public abstract int KeptCount { get; }

    private protected long LatenessMicros { get; }

    /// <summary>No row before it is taken, in microseconds: the watermark less the lateness. The smallest number while the watermark is no further than that from the beginning of time.</summary>
    private protected long FloorMicros => WatermarkMicros < long.MinValue + LatenessMicros ? long.MinValue : WatermarkMicros - LatenessMicros;

    /// <summary>Hands out what late rows changed in windows that are complete.</summary>
    /// <returns>As of <see cref="EventWindows.Advance"/>.</returns>
    public abstract IEnumerable<RecordBatch> Correct();

    /// <summary>Hands out what windows that are not complete have so far.</summary>
    /// <param name="onlyGone">Only of those of which something has gone out.</param>
    /// <returns>As of <see cref="EventWindows.Advance"/>.</returns>
    public abstract IEnumerable<RecordBatch> HandOutOpen(bool onlyGone);
}
