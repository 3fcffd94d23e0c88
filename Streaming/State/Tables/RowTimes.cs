using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Event times of rows.</summary>
internal static class RowTimes
{
    /// <summary>The times in microseconds: a column of timestamp[us] or int64.</summary>
    public static ReadOnlySpan<long> Of(ArrowArray column) => ((PrimitiveArray<long>)column).Values;

    /// <summary>The oldest time that still counts; null when every time does.</summary>
    public static long? Least(long? watermarkMicros, TimeSpan? retention)
    {
        if (watermarkMicros is not { } watermark || retention is not { } kept)
        {
            return null;
        }

        var keptMicros = kept.Ticks / TimeSpan.TicksPerMicrosecond;
        return watermark < long.MinValue + keptMicros ? long.MinValue : watermark - keptMicros;
    }
}
