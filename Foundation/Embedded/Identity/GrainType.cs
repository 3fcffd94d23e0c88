using System.Runtime.Serialization;

namespace Orleans.Runtime;

/// <summary>The name of a kind of grain: the first part of a <see cref="GrainId"/>.</summary>
public readonly struct GrainType : IEquatable<GrainType>, IComparable<GrainType>, ISerializable, ISpanFormattable
{
    /// <summary>Creates a grain type.</summary>
    /// <param name="id">Its name.</param>
    public GrainType(IdSpan id) => Value = id;

    /// <summary>Creates a grain type.</summary>
    /// <param name="value">Its name in UTF-8; must not change afterwards.</param>
    public GrainType(byte[] value) => Value = new IdSpan(value);

    private GrainType(SerializationInfo info, StreamingContext context)
        : this((byte[])info.GetValue("v", typeof(byte[]))!)
    {
    }

    /// <summary>The name.</summary>
    public IdSpan Value { get; }

    /// <summary>True for the default value, which is no grain type.</summary>
    public bool IsDefault => Value.IsDefault;

    /// <summary>The name of a grain type.</summary>
    public static explicit operator IdSpan(GrainType kind) => kind.Value;

    /// <summary>The grain type of a name.</summary>
    public static explicit operator GrainType(IdSpan id) => new(id);

    /// <summary>Compares by name.</summary>
    public static bool operator ==(GrainType left, GrainType right) => left.Equals(right);

    /// <summary>Compares by name.</summary>
    public static bool operator !=(GrainType left, GrainType right) => !left.Equals(right);

    /// <summary>The grain type of a name.</summary>
    /// <param name="value">The name.</param>
    /// <returns>The grain type.</returns>
    public static GrainType Create(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return new GrainType(IdSpan.Create(value));
    }

    /// <summary>The name in UTF-8.</summary>
    /// <returns>A view of the bytes.</returns>
    public ReadOnlySpan<byte> AsSpan() => Value.AsSpan();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GrainType other && Equals(other);

    /// <inheritdoc/>
    public bool Equals(GrainType obj) => Value.Equals(obj.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>A hash that is the same in every process.</summary>
    /// <returns>The hash.</returns>
    public uint GetUniformHashCode() => Value.GetUniformHashCode();

    /// <inheritdoc/>
    public void GetObjectData(SerializationInfo info, StreamingContext context) => Value.GetObjectData(info, context);

    /// <inheritdoc/>
    public int CompareTo(GrainType other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Value.TryFormat(destination, out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
