using Google.Protobuf.Reflection;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Numbers and the bits that stand for them on the wire.</summary>
internal static class ProtoNumbers
{
    /// <summary>How a value of a type is written.</summary>
    public static ProtoWire WireOf(FieldType type) => type switch
    {
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => ProtoWire.Fixed64,
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => ProtoWire.Fixed32,
        FieldType.String or FieldType.Bytes or FieldType.Message => ProtoWire.Bytes,
        FieldType.Group => ProtoWire.GroupStart,
        _ => ProtoWire.Varint,
    };

    /// <summary>Whether several values may stand in a row without tags.</summary>
    public static bool IsPackable(FieldType type) => WireOf(type) is not (ProtoWire.Bytes or ProtoWire.GroupStart);

    /// <summary>Whether it is a whole number.</summary>
    public static bool IsWhole(FieldType type) => IsPackable(type) && type is not (FieldType.Double or FieldType.Float or FieldType.Bool);

    /// <summary>The whole number of some bits. Those beyond its width do not count, as in other readers.</summary>
    public static Int128 WholeOf(FieldType type, ulong bits) => type switch
    {
        FieldType.UInt64 or FieldType.Fixed64 => bits,
        FieldType.UInt32 or FieldType.Fixed32 => (uint)bits,
        FieldType.SInt64 => (long)(bits >> 1) ^ -(long)(bits & 1),
        FieldType.SInt32 => (int)((uint)bits >> 1) ^ -(int)(bits & 1),
        FieldType.Int64 or FieldType.SFixed64 => (long)bits,
        _ => (int)bits,
    };

    /// <summary>The bits of a whole number.</summary>
    /// <returns>False: the type does not reach so far.</returns>
    public static bool TryBits(FieldType type, Int128 value, out ulong bits)
    {
        var (min, max) = type switch
        {
            FieldType.UInt64 or FieldType.Fixed64 => ((Int128)0, (Int128)ulong.MaxValue),
            FieldType.UInt32 or FieldType.Fixed32 => (0, uint.MaxValue),
            FieldType.SInt64 or FieldType.Int64 or FieldType.SFixed64 => (long.MinValue, long.MaxValue),
            _ => (int.MinValue, int.MaxValue),
        };
        bits = type switch
        {
            FieldType.SInt64 or FieldType.SInt32 => ((ulong)(long)value << 1) ^ (ulong)((long)value >> 63),
            FieldType.UInt64 or FieldType.Fixed64 => (ulong)value,
            _ => (ulong)(long)value,
        };
        return value >= min && value <= max;
    }
}
