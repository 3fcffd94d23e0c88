using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Chooses what writes flat columns.</summary>
internal static class AvroFlatValues
{
    /// <summary>See <see cref="AvroValue.TryOf"/>.</summary>
    public static AvroValue? TryOf(AvroType type, ArrowType column, string path) => (type.Kind, type.Meaning, column) switch
    {
        (AvroKind.Bytes or AvroKind.Fixed, AvroMeaning.Decimal, DecimalType { FixedBitWidth: <= 128 } one) when one.Scale <= type.Digits.Scale => Decimal(type, one, path),
        (_, AvroMeaning.Decimal, _) => null,
        (AvroKind.Boolean, _, BooleanType) => new AvroBooleanValue(path),
        (AvroKind.Int, AvroMeaning.Date, DateType { FixedBitWidth: 32 }) => new AvroWholeValue<int>(AvroKind.Int, path),
        (AvroKind.Int or AvroKind.Long, _, TimeType { FixedBitWidth: 64 } one) when AvroMeanings.IsTimeOfDay(type.Meaning) => new AvroTimeValue(type, one.Unit, path),
        (AvroKind.Long, _, TimestampType one) when AvroMeanings.IsTimestamp(type.Meaning) => new AvroTimeValue(type, one.Unit, path),
        (AvroKind.Int or AvroKind.Long, AvroMeaning.None, IntegerType) => Whole(type.Kind, column, path),
        (AvroKind.Float, _, FloatingPointType { FixedBitWidth: 32 }) => new AvroFloatValue(path),
        (AvroKind.Double, _, FloatingPointType { FixedBitWidth: 32 }) => new AvroDoubleValue(path, isNarrow: true),
        (AvroKind.Double, _, FloatingPointType { FixedBitWidth: 64 }) => new AvroDoubleValue(path, isNarrow: false),
        (AvroKind.String, AvroMeaning.Uuid, FixedSizeBinaryType { ByteWidth: 16 }) => new AvroUuidTextValue(path),
        (AvroKind.Fixed, AvroMeaning.Uuid, StringType) => new AvroUuidBytesValue(path),
        (AvroKind.String or AvroKind.Bytes, _, StringType) => new AvroBytesValue(path),
        (AvroKind.Bytes, _, BinaryType) => new AvroBytesValue(path),
        (AvroKind.Enum, _, StringType) => new AvroEnumValue(type, path),
        (AvroKind.Fixed, _, BinaryType) => new AvroFixedValue(type.Size, path),
        (AvroKind.Fixed, _, FixedSizeBinaryType one) when one.ByteWidth == type.Size => new AvroFixedValue(type.Size, path),
        _ => null,
    };

    private static AvroValue Decimal(AvroType type, DecimalType column, string path) => column.FixedBitWidth switch
    {
        32 => new AvroDecimalValue<int>(type, column, path),
        64 => new AvroDecimalValue<long>(type, column, path),
        _ => new AvroDecimalValue<Int128>(type, column, path),
    };

    private static AvroValue? Whole(AvroKind kind, ArrowType column, string path) => column.Id switch
    {
        ArrowTypeId.Int8 => new AvroWholeValue<sbyte>(kind, path),
        ArrowTypeId.UInt8 => new AvroWholeValue<byte>(kind, path),
        ArrowTypeId.Int16 => new AvroWholeValue<short>(kind, path),
        ArrowTypeId.UInt16 => new AvroWholeValue<ushort>(kind, path),
        ArrowTypeId.Int32 => new AvroWholeValue<int>(kind, path),
        ArrowTypeId.UInt32 => new AvroWholeValue<uint>(kind, path),
        ArrowTypeId.Int64 => new AvroWholeValue<long>(kind, path),
        ArrowTypeId.UInt64 => new AvroWholeValue<ulong>(kind, path),
        _ => null,
    };
}
