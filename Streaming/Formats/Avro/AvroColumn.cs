using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Reads the values of a type of a schema into a column. Not thread-safe.</summary>
internal abstract class AvroColumn
{
    /// <summary>Reads a value, and appends it.</summary>
    /// <exception cref="BadRecordException">It cannot be read, or the column does not take it.</exception>
    public abstract void Read(ref AvroReader reader);

    /// <summary>What reads a type into a column.</summary>
    /// <param name="type">The type.</param>
    /// <param name="builder">Where values go.</param>
    /// <param name="path">The column, for messages: <c>a.b[]</c>.</param>
    /// <param name="json">Writes what becomes text.</param>
    /// <exception cref="FlowException">The column does not take such values (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static AvroColumn Of(AvroType type, ArrowArrayBuilder builder, string path, AvroJson json) => (type.Kind, builder) switch
    {
        (AvroKind.Null, _) => new AvroNullColumn(builder),
        (AvroKind.Union, StructBuilder one) when AvroUnions.BranchesOf(type, (StructType)one.Type) is { } branches => new AvroBranchColumn(type, one, branches, path, json),
        (AvroKind.Union, _) => new AvroUnionColumn([.. type.Branches.Select(branch => Of(branch, builder, path, json))]),
        (AvroKind.Record, StructBuilder one) => new AvroStructColumn(type, one, path, json),
        (AvroKind.Array, ListBuilder { Type: ListType } one) => new AvroListColumn(one, Of(type.Items!, one.Items, $"{path}[]", json)),
        (AvroKind.Map, ListBuilder { Type: MapType } one) => new AvroMapColumn(one, Keys(one, path), Of(type.Items!, ((StructBuilder)one.Items).Field(1), $"{path} (value)", json)),
        (_, Utf8Builder one) => TextOf(type, one, json),
        _ => (type.Meaning == AvroMeaning.None ? Plain(type, builder) : Meaningful(type, builder)) ?? throw Refuse(type, builder, path),
    };

    private static AvroTextColumn Keys(ListBuilder map, string path) =>
        ((StructBuilder)map.Items).Field(0) is Utf8Builder keys ? new AvroTextColumn(keys) : throw new FlowException(
            FlowErrorCode.BadGraph, $"Column '{path}' is of type {map.Type.Name}; maps of Avro have keys of text: declare it MAP(TEXT, ...).");

    private static AvroColumn TextOf(AvroType type, Utf8Builder builder, AvroJson json) => (type.Kind, type.Meaning) switch
    {
        (AvroKind.String, _) or (AvroKind.Bytes, AvroMeaning.None) => new AvroTextColumn(builder),
        (AvroKind.Enum, _) => new AvroEnumColumn(builder, type),
        _ => new AvroJsonColumn(builder, type, json),
    };

    private static AvroColumn? Plain(AvroType type, ArrowArrayBuilder builder) => (type.Kind, builder) switch
    {
        (AvroKind.Boolean, BooleanBuilder one) => new AvroBooleanColumn(one),
        (AvroKind.Int or AvroKind.Long, _) => Whole(type.Kind, builder),
        (AvroKind.Float, PrimitiveBuilder<float> one) => new AvroFloatColumn(one),
        (AvroKind.Float or AvroKind.Double, PrimitiveBuilder<double> one) => new AvroDoubleColumn(one, type.Kind),
        (AvroKind.Bytes or AvroKind.String, BinaryBuilder one) => new AvroBytesColumn(one),
        (AvroKind.Fixed, BinaryBuilder one) => new AvroFixedBytesColumn(one, type.Size),
        (AvroKind.Fixed, FixedSizeBinaryBuilder one) when ((FixedSizeBinaryType)one.Type).ByteWidth == type.Size => new AvroFixedColumn(one, type.Size),
        _ => null,
    };

    private static AvroColumn? Whole(AvroKind kind, ArrowArrayBuilder builder) => builder switch
    {
        PrimitiveBuilder<sbyte> one when one.Type is IntegerType => new AvroWholeColumn<sbyte>(one, kind),
        PrimitiveBuilder<byte> one when one.Type is IntegerType => new AvroWholeColumn<byte>(one, kind),
        PrimitiveBuilder<short> one when one.Type is IntegerType => new AvroWholeColumn<short>(one, kind),
        PrimitiveBuilder<ushort> one when one.Type is IntegerType => new AvroWholeColumn<ushort>(one, kind),
        PrimitiveBuilder<int> one when one.Type is IntegerType => new AvroWholeColumn<int>(one, kind),
        PrimitiveBuilder<uint> one when one.Type is IntegerType => new AvroWholeColumn<uint>(one, kind),
        PrimitiveBuilder<long> one when one.Type is IntegerType => new AvroWholeColumn<long>(one, kind),
        PrimitiveBuilder<ulong> one when one.Type is IntegerType => new AvroWholeColumn<ulong>(one, kind),
        PrimitiveBuilder<double> one => new AvroDoubleColumn(one, kind),
        _ => null,
    };

    private static AvroColumn? Meaningful(AvroType type, ArrowArrayBuilder builder) => (type.Meaning, builder) switch
    {
        (AvroMeaning.Decimal, Decimal32Builder one) => new AvroDecimalColumn<int>(one, type),
        (AvroMeaning.Decimal, Decimal64Builder one) => new AvroDecimalColumn<long>(one, type),
        (AvroMeaning.Decimal, Decimal128Builder one) => new AvroDecimalColumn<Int128>(one, type),
        (AvroMeaning.Date, Date32Builder one) => new AvroDateColumn(one),
        (AvroMeaning.Uuid, FixedSizeBinaryBuilder { Type: FixedSizeBinaryType { ByteWidth: 16 } } one) => type.Kind == AvroKind.Fixed ? new AvroFixedColumn(one, type.Size) : new AvroUuidColumn(one),
        (_, Time64Builder one) when AvroMeanings.IsTimeOfDay(type.Meaning) => new AvroTimeColumn(one, type, ((TimeType)one.Type).Unit),
        (_, TimestampBuilder one) when AvroMeanings.IsTimestamp(type.Meaning) => new AvroTimeColumn(one, type, ((TimestampType)one.Type).Unit),

        // What numbers and bytes mean need not matter to whoever reads them; a decimal is nothing without it.
        (not AvroMeaning.Decimal, _) => Plain(type, builder),
        _ => null,
    };

    private static FlowException Refuse(AvroType type, ArrowArrayBuilder builder, string path) =>
        new(FlowErrorCode.BadGraph, $"Column '{path}' is of type {builder.Type.Name}, which does not take {type.Shown} of the Avro schema. Declare it as docs/streaming/formats.md says, or TEXT.");
}
