using OrleansFlow.Errors;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What a caller sends along with a query for the session builders of its workers.</summary>
internal static class QueryHeaders
{
    private const int CountMax = 64;
    private const int CharsMax = 16_384;

    /// <summary>How the names of options begin among the headers; no name of a header has a colon.</summary>
    public const string ConfigMark = "config:";

    /// <summary>The headers that begin with <see cref="FlowHeaders.QueryPrefix"/>, without it; the forwarded ones; and the options behind <see cref="ConfigMark"/>.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>: too many, or too long.</exception>
    public static IReadOnlyDictionary<string, string> Read(RpcMetadata headers, IEnumerable<string>? forwarded = null)
    {
        var named = forwarded?.ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var chars = 0;
        foreach (var header in headers)
        {
            if (NameOf(header.Key, named) is { } name && header.Value is { } value)
            {
                read[name] = value;
                chars += header.Key.Length + value.Length;
            }
        }

        return read.Count <= CountMax && chars <= CharsMax
            ? read
            : throw new FlowException(FlowErrorCode.LimitExceeded, $"The query has {read.Count} headers of {chars} characters; the most is {CountMax} of {CharsMax}.");
    }

    /// <summary>Whether the silo and its workers know every option of a query.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: one is not declared. It would be a setting of the engine, which is not for callers.</exception>
    public static void ThrowIfUndeclared(IReadOnlyDictionary<string, string> headers, IReadOnlyList<string> declared)
    {
        foreach (var name in headers.Keys.Where(key => key.StartsWith(ConfigMark, StringComparison.Ordinal)).Select(key => key[ConfigMark.Length..]))
        {
            if (!declared.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput, $"'{name}' is no option of queries here; there are: {(declared.Count == 0 ? "none" : string.Join(", ", declared))}. Options are declared with QueryExtensions.");
            }
        }
    }

    private static string? NameOf(string key, HashSet<string> forwarded) =>
        key.StartsWith(FlowHeaders.QueryPrefix, StringComparison.OrdinalIgnoreCase) ? key[FlowHeaders.QueryPrefix.Length..].ToLowerInvariant()
        : key.StartsWith(FlowHeaders.ConfigPrefix, StringComparison.OrdinalIgnoreCase) ? ConfigMark + key[FlowHeaders.ConfigPrefix.Length..].ToLowerInvariant()
        : forwarded.Contains(key) && !key.Equals("authorization", StringComparison.OrdinalIgnoreCase) ? key.ToLowerInvariant()
        : null;
}
