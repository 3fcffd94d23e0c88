using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Joins.Lookups;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>The options of tables that are looked up, the same for each connector.</summary>
internal static class LookupOptions
{
    private const long CacheBytesMaxMax = 1L << 40;
    private const int RequestKeysMaxMax = 100_000;
    private const int InFlightMaxMax = 1_000;
    private const int AttemptsMaxMax = 1_000;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConnectorOption> All { get; } =
    [
        new("lookup.cache.max_bytes", "Bytes of answers that a subtask keeps, found or not; the oldest go first. 0 keeps none. Default 8388608."),
        new("lookup.cache.ttl", "How long an answer that is kept counts, 1 ms to 365 days. Default: until it has to make room, so give one where rows change."),
        new("lookup.batch.max_keys", "Keys of a request at most, 1 to 100000. Default 500."),
        new("lookup.in_flight.max", "Requests of a subtask under way at once, 1 to 1000. Default 8."),
        new("lookup.timeout", "How long an answer may take, 1 ms to 1 hour. Default 10 seconds."),
        new("lookup.retry.max_attempts", "Tries of a request that may fail, 1 to 1000; then the job fails. Default 5."),
        new("lookup.retry.first_backoff", "The wait behind the first failure, 1 ms to 1 hour; doubled with each. Default 200 ms."),
        new("lookup.retry.max_backoff", "The longest wait, 1 ms to 1 hour. Default 5 seconds."),
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_option</c>: one is wrong.</exception>
    public static LookupLimits Read(ConnectorOptions options)
    {
        var bytes = options.Whole("lookup.cache.max_bytes", LookupBounds.DefaultCacheBytesMax, 0, CacheBytesMaxMax);
        return new LookupLimits
        {
            CacheBytesMax = bytes == 0 ? -1 : bytes,
            CacheTtlMicros = options.Time("lookup.cache.ttl", TimeSpan.Zero, ShortestWait, TimeSpan.FromDays(365)).Ticks / TimeSpan.TicksPerMicrosecond,
            RequestKeysMax = (int)options.Whole("lookup.batch.max_keys", 0, 1, RequestKeysMaxMax),
            InFlightMax = (int)options.Whole("lookup.in_flight.max", 0, 1, InFlightMaxMax),
            TimeoutMicros = Micros(options, "lookup.timeout"),
            AttemptsMax = (int)options.Whole("lookup.retry.max_attempts", 0, 1, AttemptsMaxMax),
            FirstBackoffMicros = Micros(options, "lookup.retry.first_backoff"),
            MaxBackoffMicros = Micros(options, "lookup.retry.max_backoff"),
        };
    }

    private static long Micros(ConnectorOptions options, string name) => options.Time(name, TimeSpan.Zero, ShortestWait, LongestWait).Ticks / TimeSpan.TicksPerMicrosecond;
}
