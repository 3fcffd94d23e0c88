using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of one width, side by side from the epoch on. One comes out when the watermark has reached its end.</summary>
internal sealed class TumblingWindows(WindowShape shape, TimeSpan width, ArrowAllocator allocator) : PanedWindows(shape, width, width, allocator)
{
    public override void AdvanceTo(long watermarkMicros, IList<RecordBatch> output)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            return;
        }

        WatermarkMicros = watermarkMicros;
        while (FirstOpen() is { } pane && IsReached(pane + PaneMicros))
        {
            var aggregator = Close(pane);
            EmitAll(aggregator, pane, pane + PaneMicros, output);
            Free(aggregator);
        }
    }
}
