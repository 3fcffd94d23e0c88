using System.Diagnostics.CodeAnalysis;

namespace Orleans.Embedded.Serialization;

/// <summary>The header of a field: see <see cref="CodecWriter"/>.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
public readonly struct FieldHeader
{
    internal FieldHeader(uint id, WireKind kind, int typeNumber)
    {
        Id = id;
        Kind = kind;
        TypeNumber = typeNumber;
    }

    /// <summary>The id of the member.</summary>
    public uint Id { get; }

    /// <summary>The shape of the value.</summary>
    public WireKind Kind { get; }

    /// <summary>The number of the type; -1 for the declared one.</summary>
    internal int TypeNumber { get; }
}
