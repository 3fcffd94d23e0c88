using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Takes single values of a field into a column: the field itself, or what a list or map of it holds. Not thread-safe.</summary>
internal abstract class ProtoColumn(ArrowArrayBuilder builder, string path)
{
    private const string TimestampName = "google.protobuf.Timestamp";

    /// <summary>Where values go.</summary>
    protected ArrowArrayBuilder Builder => builder;

    /// <summary>Takes a value.</summary>
    /// <param name="bits">Of a number.</param>
    /// <param name="bytes">Of bytes, a text or a message.</param>
    /// <exception cref="BadRecordException">The column does not take it.</exception>
    public abstract void Append(ulong bits, ReadOnlySpan<byte> bytes);

    /// <summary>What takes the values of a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="builder">Where values go.</param>
    /// <param name="path">The column, for messages: <c>a.b[]</c>.</param>
    /// <exception cref="FlowException">The column does not take such values (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ProtoColumn Of(FieldDescriptor field, ArrowArrayBuilder builder, string path) =>
        (field.FieldType == FieldType.Message ? OfMessage(field.MessageType, builder, path) : OfValue(field, builder, path)) ?? throw new FlowException(
            FlowErrorCode.BadGraph, $"Column '{path}' is of type {builder.Type.Name}, which does not take {Shown(field)} of Protobuf. Declare it as docs/streaming/formats.md says.");

    /// <summary>For messages: <c>int32 id</c>, <c>shop.Order order</c>.</summary>
    public static string Shown(FieldDescriptor field) => $"{(field.FieldType switch
    {
        FieldType.Message or FieldType.Group => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var type => type.ToString().ToLowerInvariant(),
    })} {field.Name}";

    /// <summary>Whether a message is the time of Protobuf's own library.</summary>
    public static bool IsTimestamp(MessageDescriptor message) => message.FullName == TimestampName;

    /// <summary>The one field of a message of Protobuf's own library that is there to tell nothing from zero; null for others.</summary>
    public static FieldDescriptor? Wrapped(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.DoubleValue" or "google.protobuf.FloatValue" or "google.protobuf.Int64Value" or "google.protobuf.UInt64Value" or "google.protobuf.Int32Value"
            or "google.protobuf.UInt32Value" or "google.protobuf.BoolValue" or "google.protobuf.StringValue" or "google.protobuf.BytesValue" => message.FindFieldByNumber(1),
        _ => null,
    };

    /// <summary>What to say of a value that is not taken.</summary>
    protected BadRecordException Refuse(string problem) => new($"in column '{path}' {problem}");

    private static ProtoColumn? OfMessage(MessageDescriptor message, ArrowArrayBuilder builder, string path) => builder switch
    {
        StructBuilder one => new ProtoStructColumn(message, one, path),
        TimestampBuilder one when IsTimestamp(message) => new ProtoTimestampColumn(one, path),
        _ when Wrapped(message) is { } inner => new ProtoWrapperColumn(Of(inner, builder, path), inner, builder, path),
        _ => null,
    };

    private static ProtoColumn? OfValue(FieldDescriptor field, ArrowArrayBuilder builder, string path) => (field.FieldType, builder) switch
    {
        (FieldType.Bool, BooleanBuilder one) => new ProtoBooleanColumn(one, path),
        (FieldType.Double, PrimitiveBuilder<double> one) => new ProtoDoubleColumn(one, path),
        (FieldType.Float, PrimitiveBuilder<float> one) => new ProtoFloatColumn(one, path),
        (FieldType.Float, PrimitiveBuilder<double> one) => new ProtoWideFloatColumn(one, path),
        (FieldType.String or FieldType.Bytes, Utf8Builder one) => new ProtoTextColumn(one, path),
        (FieldType.String or FieldType.Bytes, BinaryBuilder one) => new ProtoBytesColumn(one, path),
        (FieldType.Enum, Utf8Builder one) => new ProtoEnumColumn(field.EnumType, one, path),
        (var type, _) when ProtoNumbers.IsWhole(type) => OfWhole(type, builder, path),
        _ => null,
    };

    private static ProtoColumn? OfWhole(FieldType type, ArrowArrayBuilder builder, string path) => builder switch
    {
        PrimitiveBuilder<sbyte> one when one.Type is IntegerType => new ProtoWholeColumn<sbyte>(type, one, path),
        PrimitiveBuilder<byte> one when one.Type is IntegerType => new ProtoWholeColumn<byte>(type, one, path),
        PrimitiveBuilder<short> one when one.Type is IntegerType => new ProtoWholeColumn<short>(type, one, path),
        PrimitiveBuilder<ushort> one when one.Type is IntegerType => new ProtoWholeColumn<ushort>(type, one, path),
        PrimitiveBuilder<int> one when one.Type is IntegerType => new ProtoWholeColumn<int>(type, one, path),
        PrimitiveBuilder<uint> one when one.Type is IntegerType => new ProtoWholeColumn<uint>(type, one, path),
        PrimitiveBuilder<long> one when one.Type is IntegerType => new ProtoWholeColumn<long>(type, one, path),
        PrimitiveBuilder<ulong> one when one.Type is IntegerType => new ProtoWholeColumn<ulong>(type, one, path),
        _ => null,
    };
}
