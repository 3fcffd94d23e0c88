using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of one width, side by side from the epoch on. One comes out when the watermark has reached its end.</summary>
internal sealed class TumblingWindows(WindowShape shape, TimeSpan width, ArrowAllocator allocator) : PanedWindows(shape, width, width, allocator)
{
    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            yield break;
        }

        WatermarkMicros = watermarkMicros;
        while (FirstOpen() is { } start && IsReached(start + PaneMicros))
        {
            using var pane = Close(start);
            foreach (var batch in EmitAll(pane, start, start + PaneMicros))
            {
                yield return batch;
            }

            Free(pane);
        }
    }
}
