using System.Security.Cryptography;
using System.Text;

namespace Orleans.Embedded;

/// <summary>How streams and subscriptions are named.</summary>
internal static class StreamKeys
{
    /// <summary>The key of a stream's agent: <c>provider/namespace/key</c>, with slashes and percent signs of the first two escaped.</summary>
    public static string Format(string provider, StreamId stream) =>
        $"{Escape(provider)}/{Escape(stream.GetNamespace() ?? "")}/{stream.GetKeyAsString()}";

    public static (string Provider, StreamId Stream) Parse(string key)
    {
        var parts = key.Split('/', 3);
        return parts.Length == 3
            ? (Unescape(parts[0]), StreamId.Create(Unescape(parts[1]), parts[2]))
            : throw new FormatException($"'{key}' is not the key of a stream; PROVIDER/NAMESPACE/KEY was expected.");
    }

    /// <summary>An id that depends on nothing but a text.</summary>
    public static Guid IdOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static string Escape(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    private static string Unescape(string text) => text.Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
