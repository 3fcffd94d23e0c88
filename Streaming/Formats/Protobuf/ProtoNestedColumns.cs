using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Messages inside of a column.</summary>
internal sealed class ProtoStructColumn(MessageDescriptor message, StructBuilder builder, string path) : ProtoColumn(builder, path)
{
    private readonly ProtoFields _fields = new(message, ((StructType)builder.Type).Fields, builder.Field, path);

    public override void Append(ulong bits, ReadOnlySpan<byte> bytes)
    {
        _fields.Read(bytes);
        builder.CloseRow();
    }
}

/// <summary>Messages that hold one value and are there to tell nothing from zero.</summary>
internal sealed class ProtoWrapperColumn(ProtoColumn inner, FieldDescriptor field, ArrowArrayBuilder builder, string path) : ProtoColumn(builder, path)
{
    private readonly ProtoWire _wire = ProtoNumbers.WireOf(field.FieldType);

    public override void Append(ulong bits, ReadOnlySpan<byte> bytes)
    {
        var (value, start, length) = (0UL, 0, 0);
        for (var reader = new ProtoReader(bytes); reader.TryTag(out var number, out var wire);)
        {
            if (number != field.FieldNumber || wire != _wire)
            {
                reader.Skip(number, wire);
            }
            else if (wire == ProtoWire.Bytes)
            {
                (start, length) = reader.Range();
            }
            else
            {
                value = reader.Bits(wire);
            }
        }

        inner.Append(value, bytes.Slice(start, length));
    }
}
