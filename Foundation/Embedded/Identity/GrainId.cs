using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using System.Text.Json.Serialization;

namespace Orleans.Runtime;

/// <summary>The id of a grain: its type and its key. Its text is <c>type/key</c>.</summary>
[JsonConverter(typeof(GrainIdJsonConverter))]
public readonly struct GrainId : IEquatable<GrainId>, IComparable<GrainId>, ISerializable, ISpanFormattable, ISpanParsable<GrainId>
{
    /// <summary>Creates an id.</summary>
    /// <param name="type">The type of the grain.</param>
    /// <param name="key">The key of the grain.</param>
    public GrainId(GrainType type, IdSpan key)
    {
        Type = type;
        Key = key;
    }

    private GrainId(SerializationInfo info, StreamingContext context)
    {
        Type = new GrainType((byte[])info.GetValue("t", typeof(byte[]))!);
        Key = new IdSpan((byte[])info.GetValue("k", typeof(byte[]))!);
    }

    /// <summary>The type of the grain.</summary>
    public GrainType Type { get; }

    /// <summary>The key of the grain.</summary>
    public IdSpan Key { get; }

    /// <summary>True for the default value, which is no id.</summary>
    public bool IsDefault => Type.IsDefault && Key.IsDefault;

    /// <summary>Compares by value.</summary>
    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);

    /// <summary>Creates an id.</summary>
    /// <param name="type">The type of the grain.</param>
    /// <param name="key">The key of the grain.</param>
    /// <returns>The id.</returns>
    public static GrainId Create(string type, string key) => Create(GrainType.Create(type), key);

    /// <summary>Creates an id.</summary>
    /// <param name="type">The type of the grain.</param>
    /// <param name="key">The key of the grain.</param>
    /// <returns>The id.</returns>
    public static GrainId Create(GrainType type, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new GrainId(type, IdSpan.Create(key));
    }

    /// <summary>Creates an id.</summary>
    /// <param name="type">The type of the grain.</param>
    /// <param name="key">The key of the grain.</param>
    /// <returns>The id.</returns>
    public static GrainId Create(GrainType type, IdSpan key) => new(type, key);

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The text has no slash between a type and a key.</exception>
    public static GrainId Parse(ReadOnlySpan<char> value, IFormatProvider? provider = null) => TryParse(value, provider, out var result)
        ? result
        : throw new ArgumentException($"'{value}' is not a grain id; write TYPE/KEY.", nameof(value));

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>False when the text is not an id.</returns>
    public static bool TryParse(ReadOnlySpan<char> value, IFormatProvider? provider, out GrainId result)
    {
        var slash = value.IndexOf('/');
        if (slash < 0)
        {
            result = default;
            return false;
        }

        result = new GrainId(new GrainType(IdSpan.Create(value[..slash].ToString())), IdSpan.Create(value[(slash + 1)..].ToString()));
        return true;
    }

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The text is not an id.</exception>
    public static GrainId Parse(string value) => Parse(value.AsSpan());

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The text is not an id.</exception>
    public static GrainId Parse(string value, IFormatProvider? provider = null) => Parse(value.AsSpan(), provider);

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <param name="result">The id.</param>
    /// <returns>False when the text is not an id.</returns>
    public static bool TryParse(string? value, out GrainId result) => TryParse(value.AsSpan(), null, out result);

    /// <summary>Reads the text of an id.</summary>
    /// <param name="value">Text as <c>type/key</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>False when the text is not an id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? value, IFormatProvider? provider, out GrainId result) =>
        TryParse(value.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GrainId other && Equals(other);

    /// <inheritdoc/>
    public bool Equals(GrainId other) => Key.Equals(other.Key) && Type.Equals(other.Type);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((Type.GetHashCode() * 397) ^ Key.GetHashCode());

    /// <summary>A hash that is the same in every process.</summary>
    /// <returns>The hash.</returns>
    public uint GetUniformHashCode() => unchecked((Type.GetUniformHashCode() * 31) + Key.GetUniformHashCode());

    /// <inheritdoc/>
    public void GetObjectData(SerializationInfo info, StreamingContext context)
    {
        info.AddValue("t", Type.AsSpan().ToArray());
        info.AddValue("k", Key.AsSpan().ToArray());
    }

    /// <inheritdoc/>
    public int CompareTo(GrainId other)
    {
        var byType = Type.CompareTo(other.Type);
        return byType != 0 ? byType : Key.CompareTo(other.Key);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type}/{Key}";

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"{Type}/{Key}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
