using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>A value of the schema a record: the fields of a record are the columns by name, any other value is the one column. See <see cref="AvroHeaders"/> for what stands before it.</summary>
internal sealed class AvroRowDecoder : RowDecoder
{
    private readonly AvroHeaders _header;
    private readonly AvroJson _json = new();
    private readonly AvroFields? _fields;
    private readonly AvroColumn? _value;

    /// <summary>Makes one.</summary>
    /// <exception cref="FlowException">The schema is wrong (<see cref="FlowErrorCode.BadOption"/>), or the rows do not fit it (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public AvroRowDecoder(ArrowSchema schema, FormatConfig format, ArrowAllocator? allocator)
        : base(schema, allocator)
    {
        var type = AvroSchema.Parse(format.AvroSchema);
        _header = new AvroHeaders(format, type);
        if (type.Kind == AvroKind.Record && !format.AvroUnstructured)
        {
            _fields = new AvroFields(type, schema.Fields, Rows.Column, "", _json);
            return;
        }

        AvroHeaders.RequireOne(schema, type, format.AvroUnstructured);
        _value = AvroColumn.Of(type, Rows.Column(0), schema.Fields[0].Name, _json);
    }

    protected override void Decode(ReadOnlySpan<byte> record)
    {
        var reader = new AvroReader(record[_header.Check(record)..]);
        _fields?.Read(ref reader);
        _value?.Read(ref reader);
        if (reader.Left > 0)
        {
            reader.Column = "";
            throw reader.Bad($"{reader.Left} bytes follow the value");
        }
    }

    protected override void Dispose(bool disposing)
    {
        _json.Dispose();
        base.Dispose(disposing);
    }
}
