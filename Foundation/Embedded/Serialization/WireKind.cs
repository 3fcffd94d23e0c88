namespace Orleans.Embedded.Serialization;

/// <summary>The shape of a value on the wire: enough to skip it without knowing its type. Numbers are for ever.</summary>
public enum WireKind
{
    /// <summary>An integer of 1 to 10 bytes, 7 bits each, least significant first.</summary>
    Varint = 0,

    /// <summary>4 bytes, little-endian.</summary>
    Fixed32 = 1,

    /// <summary>8 bytes, little-endian.</summary>
    Fixed64 = 2,

    /// <summary>A length in bytes (varint) and that many bytes.</summary>
    Bytes = 3,

    /// <summary>Fields up to an end mark; a value without identity.</summary>
    Group = 4,

    /// <summary>Fields up to an end mark; an object that later fields can refer to.</summary>
    TrackedGroup = 5,

    /// <summary>The number (varint) of an object that came before, in order of appearance from 0.</summary>
    Reference = 6,

    /// <summary>Null; with the type bit set: a mark that ends an object (id 0) or one level of it (id 1).</summary>
    Null = 7,
}
