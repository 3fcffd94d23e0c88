using OrleansFlow.Errors;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What a caller sends along with a query for the session builders of its workers.</summary>
internal static class QueryHeaders
{
    private const int CountMax = 64;
    private const int CharsMax = 16_384;

    /// <summary>The headers that begin with <see cref="FlowHeaders.QueryPrefix"/>, without it.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>: too many, or too long.</exception>
    public static IReadOnlyDictionary<string, string> Read(RpcMetadata headers)
    {
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var chars = 0;
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(FlowHeaders.QueryPrefix, StringComparison.OrdinalIgnoreCase) && header.Value is { } value)
            {
                read[header.Key[FlowHeaders.QueryPrefix.Length..].ToLowerInvariant()] = value;
                chars += header.Key.Length + value.Length;
            }
        }

        return read.Count <= CountMax && chars <= CharsMax
            ? read
            : throw new FlowException(FlowErrorCode.LimitExceeded, $"The query has {read.Count} headers of {chars} characters; the most is {CountMax} of {CharsMax}.");
    }
}
