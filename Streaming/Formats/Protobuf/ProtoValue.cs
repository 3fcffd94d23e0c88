using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Writes single values of a column as those of a field: without its tag, and no nulls.</summary>
/// <param name="path">The column, for messages.</param>
internal abstract class ProtoValue(string path)
{
    private const int VarintBytesMax = 10;

    protected string Path => path;

    /// <summary>Whether a value is the one that fields without presence do not write.</summary>
    /// <exception cref="FlowException">The field does not take it (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public abstract bool IsDefault(ArrowArray array, int row);

    /// <summary>Writes a value.</summary>
    /// <exception cref="FlowException">The field does not take it (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public abstract void Write(ArrowArray array, int row, IBufferWriter<byte> target);

    /// <summary>What writes a column.</summary>
    /// <param name="field">As which field.</param>
    /// <param name="column">Of what type the column is.</param>
    /// <param name="path">The column, for messages.</param>
    /// <exception cref="FlowException">They do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ProtoValue Of(FieldDescriptor field, ArrowType column, string path) =>
        (field.FieldType == FieldType.Message ? OfMessage(field.MessageType, column, path) : OfValue(field, column, path)) ?? throw new FlowException(
            FlowErrorCode.BadGraph, $"Column '{path}' is of type {column.Name}, which is not written as {ProtoColumn.Shown(field)} of Protobuf. Cast it in the query, or change the message.");

    public static void WriteVarint(IBufferWriter<byte> target, ulong value)
    {
        var span = target.GetSpan(VarintBytesMax);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[count++] = (byte)(value | 0x80);
        }

        span[count++] = (byte)value;
        target.Advance(count);
    }

    /// <summary>Writes the bits of a number.</summary>
    public static void WriteBits(IBufferWriter<byte> target, ProtoWire wire, ulong bits)
    {
        switch (wire)
        {
            case ProtoWire.Varint:
                WriteVarint(target, bits);
                break;
            case ProtoWire.Fixed32:
                BinaryPrimitives.WriteUInt32LittleEndian(target.GetSpan(sizeof(uint)), (uint)bits);
                target.Advance(sizeof(uint));
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(target.GetSpan(sizeof(ulong)), bits);
                target.Advance(sizeof(ulong));
                break;
        }
    }

    /// <summary>Writes bytes behind their length.</summary>
    public static void WriteBytes(IBufferWriter<byte> target, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(target, (ulong)bytes.Length);
        target.Write(bytes);
    }

    /// <summary>What to say of a value that is not taken.</summary>
    protected FlowException Refuse(string what) => Refuse(path, what);

    /// <summary>What to say of a value that is not taken.</summary>
    public static FlowException Refuse(string path, string what) => new(FlowErrorCode.BadInput, $"Column '{path}' cannot be written as Protobuf: it holds {what}.");

    private static ProtoValue? OfMessage(MessageDescriptor message, ArrowType column, string path) => column switch
    {
        StructType one => new ProtoStructValue(message, one.Fields, path),
        TimestampType one when ProtoColumn.IsTimestamp(message) => new ProtoTimestampValue(one.Unit, path),
        _ when ProtoColumn.Wrapped(message) is { } inner => new ProtoWrapperValue(inner, Of(inner, column, path), path),
        _ => null,
    };

    private static ProtoValue? OfValue(FieldDescriptor field, ArrowType column, string path) => (field.FieldType, column) switch
    {
        (FieldType.Bool, BooleanType) => new ProtoBooleanValue(path),
        (FieldType.Double, FloatingPointType { FixedBitWidth: 64 }) => new ProtoDoubleValue(path, isNarrow: false),
        (FieldType.Double, FloatingPointType { FixedBitWidth: 32 }) => new ProtoDoubleValue(path, isNarrow: true),
        (FieldType.Float, FloatingPointType { FixedBitWidth: 32 }) => new ProtoFloatValue(path),
        (FieldType.String, StringType) or (FieldType.Bytes, BinaryType or StringType) => new ProtoBytesValue(path),
        (FieldType.Enum, StringType) => new ProtoEnumValue(field.EnumType, path),
        (var type, IntegerType) when ProtoNumbers.IsWhole(type) => OfWhole(type, column, path),
        _ => null,
    };

    private static ProtoValue? OfWhole(FieldType type, ArrowType column, string path) => column.Id switch
    {
        ArrowTypeId.Int8 => new ProtoWholeValue<sbyte>(type, path),
        ArrowTypeId.UInt8 => new ProtoWholeValue<byte>(type, path),
        ArrowTypeId.Int16 => new ProtoWholeValue<short>(type, path),
        ArrowTypeId.UInt16 => new ProtoWholeValue<ushort>(type, path),
        ArrowTypeId.Int32 => new ProtoWholeValue<int>(type, path),
        ArrowTypeId.UInt32 => new ProtoWholeValue<uint>(type, path),
        ArrowTypeId.Int64 => new ProtoWholeValue<long>(type, path),
        ArrowTypeId.UInt64 => new ProtoWholeValue<ulong>(type, path),
        _ => null,
    };
}
