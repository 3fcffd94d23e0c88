using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>A value of the schema a row: a record of the columns by name, or the one column. See <see cref="AvroHeaders"/> for what stands before it.</summary>
internal sealed class AvroRowEncoder : RowEncoder
{
    private readonly AvroHeaders _header;
    private readonly AvroFieldWriters? _fields;
    private readonly AvroValue? _value;

    /// <summary>Makes one.</summary>
    /// <exception cref="FlowException">The schema is wrong (<see cref="FlowErrorCode.BadOption"/>), or the rows do not fit it (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public AvroRowEncoder(ArrowSchema schema, FormatConfig format)
    {
        var type = AvroSchema.Parse(format.AvroSchema);
        _header = new AvroHeaders(format, type);
        if (type.Kind == AvroKind.Record)
        {
            _fields = new AvroFieldWriters(type, schema.Fields, "");
            return;
        }

        AvroHeaders.RequireOne(schema, type, isUnstructured: false);
        _value = AvroValue.Of(type, schema.Fields[0].Type, schema.Fields[0].Name);
    }

    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        _header.Write(target);
        _value?.Write(batch.Column(0), row, target);
        for (var i = 0; i < _fields?.Count; i++)
        {
            _fields.Write(i, _fields.Column(i) is var column and >= 0 ? batch.Column(column) : null, row, target);
        }
    }
}
