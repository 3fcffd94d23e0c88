using OrleansFlow.Protocol.Streaming.Operators.V1;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>The bounds of a lookup, with what counts where nothing is said.</summary>
/// <param name="limits">As the program says them.</param>
internal sealed class LookupBounds(LookupLimits limits)
{
    public const long DefaultCacheBytesMax = 8 << 20;
    public const int DefaultRequestKeysMax = 500;
    public const int DefaultInFlightMax = 8;
    public const int DefaultAttemptsMax = 5;

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan DefaultFirstBackoff = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan DefaultMaxBackoff = TimeSpan.FromSeconds(5);

    public long CacheBytesMax { get; } = limits.CacheBytesMax == 0 ? DefaultCacheBytesMax : Math.Max(0, limits.CacheBytesMax);

    public TimeSpan? CacheTtl { get; } = limits.CacheTtlMicros > 0 ? TimeSpan.FromMicroseconds(limits.CacheTtlMicros) : null;

    public int RequestKeysMax { get; } = limits.RequestKeysMax > 0 ? limits.RequestKeysMax : DefaultRequestKeysMax;

    public int InFlightMax { get; } = limits.InFlightMax > 0 ? limits.InFlightMax : DefaultInFlightMax;

    public int AttemptsMax { get; } = limits.AttemptsMax > 0 ? limits.AttemptsMax : DefaultAttemptsMax;

    public TimeSpan Timeout { get; } = Or(limits.TimeoutMicros, DefaultTimeout);

    /// <summary>The wait behind a failure.</summary>
    /// <param name="failures">Failures in a row. At least 1.</param>
    public TimeSpan WaitAfter(int failures)
    {
        var longest = Or(limits.MaxBackoffMicros, DefaultMaxBackoff);
        return TimeSpan.FromTicks((long)Math.Min(longest.Ticks, Or(limits.FirstBackoffMicros, DefaultFirstBackoff).Ticks * Math.Pow(2, failures - 1)));
    }

    private static TimeSpan Or(long micros, TimeSpan fallback) => micros > 0 ? TimeSpan.FromMicroseconds(micros) : fallback;
}
