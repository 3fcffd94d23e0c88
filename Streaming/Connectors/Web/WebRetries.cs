using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>How often to try again, and when.</summary>
/// <param name="AttemptsMax">Tries in a row that may fail. At least 1.</param>
/// <param name="FirstBackoff">The wait behind the first of them.</param>
/// <param name="MaxBackoff">The longest wait.</param>
internal sealed record WebRetries(int AttemptsMax, TimeSpan FirstBackoff, TimeSpan MaxBackoff)
{
    private const int DefaultAttemptsMax = 10;
    private static readonly TimeSpan DefaultFirstBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DefaultMaxBackoff = TimeSpan.FromSeconds(30);

    public static WebRetries Of(WebEndpoint endpoint) => new(
        endpoint.AttemptsMax > 0 ? endpoint.AttemptsMax : DefaultAttemptsMax,
        endpoint.FirstBackoffMicros > 0 ? TimeSpan.FromMicroseconds(endpoint.FirstBackoffMicros) : DefaultFirstBackoff,
        endpoint.MaxBackoffMicros > 0 ? TimeSpan.FromMicroseconds(endpoint.MaxBackoffMicros) : DefaultMaxBackoff);

    /// <summary>The wait behind a failure: what the other end asks for, or twice the one before; never longer than the longest.</summary>
    /// <param name="failures">Failures in a row. At least 1.</param>
    /// <param name="asked">What the other end asks for; null for nothing.</param>
    public TimeSpan After(int failures, TimeSpan? asked)
    {
        var doubled = FirstBackoff.Ticks * Math.Pow(2, failures - 1);
        return TimeSpan.FromTicks((long)Math.Min(MaxBackoff.Ticks, Math.Max(0, asked?.Ticks ?? doubled)));
    }
}
