using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats.Avro;
using OrleansFlow.Streaming.Formats.Protobuf;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Makes what reads and writes a format.</summary>
public static class RowFormats
{
    /// <summary>Most bytes of a record where the format does not say.</summary>
    public const int DefaultRecordBytesMax = 16 << 20;

    /// <summary>A decoder of records.</summary>
    /// <param name="format">Which format, with its options.</param>
    /// <param name="schema">The rows.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <returns>The decoder; the caller disposes it.</returns>
    /// <exception cref="FlowException">The rows do not fit the format (<see cref="FlowErrorCode.BadGraph"/>), or it has no such values or no records (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public static RowDecoder Decoder(FormatConfig format, ArrowSchema schema, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(schema);
        return format.Kind switch
        {
            FormatKind.Json => new JsonRowDecoder(schema, format.JsonTimes, allocator),
            FormatKind.DebeziumJson => new DebeziumRowDecoder(schema, format.JsonTimes, allocator),
            FormatKind.JsonValue => new JsonValueRowDecoder(RequireOne(schema, ArrowType.Utf8, "JSON values"), allocator),
            FormatKind.Csv => new CsvRowDecoder(schema, format, allocator),
            FormatKind.RawString => new TextRowDecoder(RequireOne(schema, ArrowType.Utf8, "raw text"), allocator),
            FormatKind.RawBytes => new BytesRowDecoder(RequireOne(schema, ArrowType.Binary, "raw bytes"), allocator),
            FormatKind.Avro => new AvroRowDecoder(schema, format, allocator),
            FormatKind.Protobuf => new ProtoRowDecoder(schema, format, allocator),
            _ => throw new FlowException(FlowErrorCode.Unsupported, $"The format {format.Kind} has no records of its own; it is one of files."),
        };
    }

    /// <summary>An encoder of records.</summary>
    /// <param name="format">Which format, with its options.</param>
    /// <param name="schema">The rows.</param>
    /// <returns>The encoder; the caller disposes it.</returns>
    /// <exception cref="FlowException">The rows do not fit the format (<see cref="FlowErrorCode.BadGraph"/>), or it has no such values or no records (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public static RowEncoder Encoder(FormatConfig format, ArrowSchema schema)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(schema);
        switch (format.Kind)
        {
            case FormatKind.Unspecified or FormatKind.Json:
                return new JsonRowEncoder(schema, new JsonValueWriter(format.JsonTimes, format.JsonDecimalText));
            case FormatKind.DebeziumJson:
                return new DebeziumRowEncoder(schema, format.KeyColumns, new JsonValueWriter(format.JsonTimes, format.JsonDecimalText));
            case FormatKind.Csv:
                return new CsvRowEncoder(schema, format);
            case FormatKind.JsonValue:
                RequireOne(schema, ArrowType.Utf8, "JSON values");
                return new ValueRowEncoder();
            case FormatKind.RawString:
                RequireOne(schema, ArrowType.Utf8, "raw text");
                return new ValueRowEncoder();
            case FormatKind.RawBytes:
                RequireOne(schema, ArrowType.Binary, "raw bytes");
                return new ValueRowEncoder();
            case FormatKind.Avro:
                return new AvroRowEncoder(schema, format);
            case FormatKind.Protobuf:
                return new ProtoRowEncoder(schema, format);
            default:
                throw new FlowException(FlowErrorCode.Unsupported, $"The format {format.Kind} has no records of its own; it is one of files.");
        }
    }

    /// <summary>Whether a record may hold any byte, so that line ends cannot divide such records.</summary>
    public static bool IsBinary(FormatKind kind) => kind is FormatKind.Avro or FormatKind.Protobuf;

    /// <summary>What divides bytes into records. Binary ones have their length before them unless the format says otherwise.</summary>
    public static RecordFramer Framer(FormatConfig format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return (format.Framing, format.Kind) switch
        {
            (FramingKind.Unspecified or FramingKind.Newline, FormatKind.Csv) => new CsvFramer(CsvRowDecoder.DelimiterOf(format)),
            (FramingKind.Length, _) => new LengthFramer(),
            (FramingKind.Unspecified, var kind) when IsBinary(kind) => new LengthFramer(),
            (FramingKind.None, _) => new WholeFramer(),
            _ => new NewlineFramer(),
        };
    }

    private static ArrowSchema RequireOne(ArrowSchema schema, ArrowType type, string what) =>
        schema.Fields.Count == 1 && schema.Fields[0].Type.Equals(type)
            ? schema
            : throw new FlowException(FlowErrorCode.BadGraph, $"A table of {what} has one column of type {type.Name}, not ({schema}).");
}
