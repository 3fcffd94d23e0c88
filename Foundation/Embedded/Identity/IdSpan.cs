using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using System.Text;
using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>The UTF-8 bytes of an id, with their hash. Compares by bytes.</summary>
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>, ISerializable, ISpanFormattable
{
    private readonly byte[]? _value;
    private readonly int _hash;

    /// <summary>Takes over the bytes of an id.</summary>
    /// <param name="value">UTF-8 bytes; must not change afterwards.</param>
    public IdSpan(byte[] value)
    {
        _value = value;
        _hash = UniformHash.Of(value);
    }

    private IdSpan(SerializationInfo info, StreamingContext context)
        : this((byte[])info.GetValue("v", typeof(byte[]))!)
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>True for the default value, which is no id.</summary>
    public bool IsDefault => _value is null || _value.Length == 0;

    /// <summary>Compares by bytes.</summary>
    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    /// <summary>Compares by bytes.</summary>
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);

    /// <summary>The id of a text.</summary>
    /// <param name="id">The text.</param>
    /// <returns>The id.</returns>
    public static IdSpan Create(string id) => new(Encoding.UTF8.GetBytes(id));

    /// <summary>The bytes.</summary>
    /// <returns>A view of them.</returns>
    public ReadOnlySpan<byte> AsSpan() => _value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(IdSpan obj) =>
        ReferenceEquals(_value, obj._value) || (_hash == obj._hash && _value.AsSpan().SequenceEqual(obj._value));

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>A hash that is the same in every process.</summary>
    /// <returns>The hash.</returns>
    public uint GetUniformHashCode() => unchecked((uint)_hash);

    /// <inheritdoc/>
    public void GetObjectData(SerializationInfo info, StreamingContext context) => info.AddValue("v", _value ?? []);

    /// <inheritdoc/>
    public int CompareTo(IdSpan other) => _value.AsSpan().SequenceCompareTo(other._value.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => _value is null ? "" : Encoding.UTF8.GetString(_value);

    /// <summary>Writes the text.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="charsWritten">How many characters were written.</param>
    /// <returns>False when <paramref name="destination"/> is too short.</returns>
    public bool TryFormat(Span<char> destination, out int charsWritten) => Encoding.UTF8.TryGetChars(_value, destination, out charsWritten);

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(destination, out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
