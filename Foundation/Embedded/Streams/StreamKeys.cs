using System.Security.Cryptography;
using System.Text;
using Orleans.Streams;

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

    /// <summary>The subscription that a grain has because its class says so.</summary>
    public static Guid ImplicitIdOf(GrainId consumer, string provider, StreamId stream) => IdOf($"{consumer}|{provider}|{stream}");

    /// <summary>The grains that take the events of a stream because their classes say so.</summary>
    public static List<GrainId> ImplicitSubscribers(StreamPubSubType pubSub, StreamId stream)
    {
        var ns = stream.GetNamespace() ?? "";
        return pubSub == StreamPubSubType.ExplicitGrainBasedOnly
            ? []
            : GrainManifest.Current.ImplicitSubscribers<ImplicitStreamSubscriptionAttribute>(
                attribute => attribute.Predicate.IsMatch(ns), stream.GetKeyAsString());
    }

    private static string Escape(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    private static string Unescape(string text) => text.Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
