using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>A message a record, its fields the columns by name. A record without a byte is a message of no fields.</summary>
internal sealed class ProtoRowDecoder : RowDecoder
{
    private readonly ProtoFields _fields;

    /// <summary>Makes one.</summary>
    /// <exception cref="FlowException">The descriptors are wrong (<see cref="FlowErrorCode.BadOption"/>), or the rows do not fit them (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoRowDecoder(ArrowSchema schema, FormatConfig format, ArrowAllocator? allocator)
        : base(schema, allocator) =>
        _fields = new ProtoFields(ProtoSchema.Find(format.ProtobufDescriptors, format.ProtobufMessage), schema.Fields, Rows.Column, "");

    protected override void Decode(ReadOnlySpan<byte> record) => _fields.Read(record);
}
