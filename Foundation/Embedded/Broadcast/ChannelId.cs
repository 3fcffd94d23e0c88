using System.Globalization;
using System.Text;

namespace Orleans.BroadcastChannel;

/// <summary>The id of a broadcast channel within its provider: a namespace and a key. Its text is <c>namespace/key</c>.</summary>
[GenerateSerializer, Immutable]
public readonly struct ChannelId : IEquatable<ChannelId>, IComparable<ChannelId>, ISpanFormattable
{
    [Id(0)]
    private readonly byte[]? _namespace;

    [Id(1)]
    private readonly byte[]? _key;

    private ChannelId(byte[]? ns, byte[] key)
    {
        _namespace = ns;
        _key = key;
    }

    /// <summary>The namespace and the key, in UTF-8, without a mark between them.</summary>
    public ReadOnlyMemory<byte> FullKey => (byte[])[.. _namespace ?? [], .. _key ?? []];

    /// <summary>The namespace, in UTF-8; empty for none.</summary>
    public ReadOnlyMemory<byte> Namespace => _namespace;

    /// <summary>The key, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Key => _key;

    /// <summary>Compares by value.</summary>
    public static bool operator ==(ChannelId s1, ChannelId s2) => s1.Equals(s2);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(ChannelId s1, ChannelId s2) => !s1.Equals(s2);

    /// <summary>Creates an id.</summary>
    /// <param name="ns">The namespace, in UTF-8; empty for none.</param>
    /// <param name="key">The key, in UTF-8.</param>
    /// <returns>The id.</returns>
    public static ChannelId Create(ReadOnlySpan<byte> ns, ReadOnlySpan<byte> key) => key.IsEmpty
        ? throw new ArgumentException("The key of a channel must not be empty.", nameof(key))
        : new ChannelId(ns.IsEmpty ? null : ns.ToArray(), key.ToArray());

    /// <summary>Creates an id; the key is the GUID's 32 digits.</summary>
    /// <param name="ns">The namespace; null or empty for none.</param>
    /// <param name="key">The key.</param>
    /// <returns>The id.</returns>
    public static ChannelId Create(string ns, Guid key) => Create(ns, key.ToString("N"));

    /// <summary>Creates an id; the key is the number's decimal digits.</summary>
    /// <param name="ns">The namespace; null or empty for none.</param>
    /// <param name="key">The key.</param>
    /// <returns>The id.</returns>
    public static ChannelId Create(string ns, long key) => Create(ns, key.ToString(CultureInfo.InvariantCulture));

    /// <summary>Creates an id.</summary>
    /// <param name="ns">The namespace; null or empty for none.</param>
    /// <param name="key">The key.</param>
    /// <returns>The id.</returns>
    public static ChannelId Create(string ns, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Create(Encoding.UTF8.GetBytes(ns ?? ""), Encoding.UTF8.GetBytes(key));
    }

    /// <summary>The namespace.</summary>
    /// <returns>The namespace; null for none.</returns>
    public string? GetNamespace() => _namespace is null ? null : Encoding.UTF8.GetString(_namespace);

    /// <summary>The key.</summary>
    /// <returns>The key.</returns>
    public string GetKeyAsString() => _key is null ? "" : Encoding.UTF8.GetString(_key);

    /// <inheritdoc/>
    public int CompareTo(ChannelId other)
    {
        var byNamespace = _namespace.AsSpan().SequenceCompareTo(other._namespace);
        return byNamespace != 0 ? byNamespace : _key.AsSpan().SequenceCompareTo(other._key);
    }

    /// <inheritdoc/>
    public bool Equals(ChannelId other) => _key.AsSpan().SequenceEqual(other._key) && _namespace.AsSpan().SequenceEqual(other._namespace);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ChannelId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((new IdSpan(_namespace ?? []).GetHashCode() * 31) + new IdSpan(_key ?? []).GetHashCode());

    /// <inheritdoc/>
    public override string ToString() => $"{(GetNamespace() is { } ns ? ns : "null")}/{GetKeyAsString()}";

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"{ToString()}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
