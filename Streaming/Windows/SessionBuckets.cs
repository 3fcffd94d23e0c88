namespace OrleansFlow.Streaming.Windows;

/// <summary>When a session that goes to a file has to be back.</summary>
/// <remarks>
/// By its own end; and before a session in memory ends that it touches, of rows that come later. That one ends no earlier than a gap behind the watermark of now, since rows before
/// the watermark are late, nor before this one begins. Moments are put together in buckets: a session that comes back early does no harm.
/// </remarks>
internal static class SessionBuckets
{
    private const int BucketsPerGap = 16;

    /// <summary>The moment at which it comes back, in microseconds: behind the watermark.</summary>
    /// <param name="session">The session.</param>
    /// <param name="watermarkMicros">No row before it will come; the smallest number while there is none.</param>
    /// <param name="gapMicros">The gap.</param>
    public static long Of(in Session session, long watermarkMicros, long gapMicros)
    {
        var width = Math.Max(1, gapMicros / BucketsPerGap);
        if (watermarkMicros == long.MinValue)
        {
            return EventWindows.PlaceOf(session.Start + 1, width);
        }

        // So far ahead of the watermark a bucket is twice as wide at twice the distance: their number grows as the logarithm of the time that sessions lie in.
        var due = Math.Min(session.End, Math.Max(session.Start + 1, watermarkMicros + gapMicros));
        for (var ahead = (due - watermarkMicros) / 2; ahead > gapMicros && width < long.MaxValue / 4; ahead /= 2)
        {
            width *= 2;
        }

        return Math.Max(watermarkMicros + 1, EventWindows.PlaceOf(due, width));
    }
}
