using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>A message a row, of the columns by name.</summary>
internal sealed class ProtoRowEncoder : RowEncoder
{
    private readonly ProtoMessageWriter _fields;

    /// <summary>Makes one.</summary>
    /// <exception cref="FlowException">The descriptors are wrong (<see cref="FlowErrorCode.BadOption"/>), or the rows do not fit them (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoRowEncoder(ArrowSchema schema, FormatConfig format) =>
        _fields = new ProtoMessageWriter(ProtoSchema.Find(format.ProtobufDescriptors, format.ProtobufMessage), schema.Fields, "");

    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        _fields.Begin();
        for (var i = 0; i < _fields.Count; i++)
        {
            _fields.Write(i, batch.Column(_fields.Place(i)), row, target);
        }
    }
}
