using System.Text;

namespace OrleansFlow.Rpc;

/// <summary>One header or trailer of a call: ASCII text, or bytes when the key ends in <c>-bin</c>.</summary>
public readonly struct RpcMetadataEntry : IEquatable<RpcMetadataEntry>
{
    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;

    internal RpcMetadataEntry(string key, string text)
    {
        Key = key;
        _text = text;
    }

    internal RpcMetadataEntry(string key, ReadOnlyMemory<byte> bytes)
    {
        Key = key;
        _bytes = bytes;
    }

    /// <summary>Lower-case key.</summary>
    public string Key { get; }

    /// <summary>Whether the value is bytes.</summary>
    public bool IsBinary => _text is null;

    /// <summary>The text; for a binary entry its base64 form.</summary>
    public string Value => _text ?? Convert.ToBase64String(_bytes.Span);

    /// <summary>The bytes; for a text entry its ASCII bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _text is null ? _bytes : Encoding.ASCII.GetBytes(_text);

    /// <summary>Same key and same value.</summary>
    public static bool operator ==(RpcMetadataEntry left, RpcMetadataEntry right) => left.Equals(right);

    /// <summary>Another key or another value.</summary>
    public static bool operator !=(RpcMetadataEntry left, RpcMetadataEntry right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(RpcMetadataEntry other) =>
        Key == other.Key && IsBinary == other.IsBinary && _text == other._text && _bytes.Span.SequenceEqual(other._bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RpcMetadataEntry other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, _text, _bytes.Length);

    /// <summary>Key and size: values may be secrets and never reach a log.</summary>
    public override string ToString() => $"{Key} ({(IsBinary ? _bytes.Length : _text!.Length)} bytes)";
}
