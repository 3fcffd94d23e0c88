using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of one width that begin at each multiple of a slide, the first ones when only a part of them has rows. One without rows does not come out.</summary>
/// <remarks>Each row is aggregated once; a slide costs the keys of the panes that come and go and those that come out, whatever number of slides a window has.</remarks>
internal sealed class HoppingWindows : PanedWindows
{
    private readonly PaneStack _closed;
    private readonly long _width;

    /// <param name="shape">What is grouped.</param>
    /// <param name="slide">From one window's begin to the next one's. Above zero.</param>
    /// <param name="width">Of a window. A multiple of <paramref name="slide"/>.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the width is no multiple of the slide.</exception>
    public HoppingWindows(WindowShape shape, TimeSpan slide, TimeSpan width, ArrowAllocator allocator)
        : base(shape, slide, width, allocator)
    {
        _width = Micros(width);
        if (_width < PaneMicros || _width % PaneMicros != 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"hop() width {width.TotalSeconds:0.######}s has to be a multiple of slide {slide.TotalSeconds:0.######}s.");
        }

        _closed = new PaneStack(() => NewAggregator(tracksChanges: false));
    }

    public override long ByteCount => base.ByteCount + _closed.ByteCount;

    public override void AdvanceTo(long watermarkMicros, IList<RecordBatch> output)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            return;
        }

        for (var end = NextEnd(); end is { } due && due <= watermarkMicros; end = NextEnd())
        {
            WatermarkMicros = due;
            CloseUpTo(due);
            _closed.RemoveBefore(due - _width);
            var (sum, groups) = _closed.Sum();
            Emit(sum, groups, due - _width, due, output);
        }

        WatermarkMicros = watermarkMicros;
        CloseUpTo(watermarkMicros);
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        base.FinishRestore(watermarkMicros);
        CloseUpTo(WatermarkMicros);
    }

    public override void Dispose()
    {
        base.Dispose();
        _closed.Dispose();
    }

    /// <summary>The end of the next window that has rows.</summary>
    private long? NextEnd()
    {
        var first = Math.Min(_closed.First ?? long.MaxValue, FirstOpen() ?? long.MaxValue);
        if (first == long.MaxValue)
        {
            return null;
        }

        // Windows by the watermark have come out; before it, the first one that the first pane is in.
        var byPane = first + PaneMicros;
        if (WatermarkMicros == long.MinValue)
        {
            return byPane;
        }

        var byTime = PlaceOf(WatermarkMicros, PaneMicros) + PaneMicros;
        if (byTime <= first + _width)
        {
            return Math.Max(byPane, byTime);
        }

        // The oldest pane is in no window to come.
        _closed.RemoveBefore(byTime - _width);
        return NextEnd();
    }

    private void CloseUpTo(long micros)
    {
        while (micros != long.MinValue && FirstOpen() is { } pane && pane + PaneMicros <= micros)
        {
            var aggregator = Close(pane);
            KeepChanges(pane, aggregator);
            _closed.Add(pane, aggregator.PartialBatch(aggregator.GroupsWithRows()));
            Free(aggregator);
        }
    }
}
