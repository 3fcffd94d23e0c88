using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>A field of a message, and the column that it goes to.</summary>
internal sealed class ProtoField
{
    private readonly ArrowArrayBuilder? _builder;
    private readonly ProtoColumn? _column;
    private readonly ProtoFields? _entry;

    /// <summary>Makes it.</summary>
    /// <param name="field">The field.</param>
    /// <param name="builder">Where its values go; null for nowhere.</param>
    /// <param name="path">The column, for messages.</param>
    /// <param name="isEntry">Whether it is the key or the value of a map: it is never null there.</param>
    /// <exception cref="FlowException">The column does not take its values (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoField(FieldDescriptor field, ArrowArrayBuilder? builder, string path, bool isEntry)
    {
        (_builder, Type, IsRepeated) = (builder, field.FieldType, field.IsRepeated);
        Wire = ProtoNumbers.WireOf(field.FieldType);
        Oneof = field.RealContainingOneof?.Index ?? -1;
        IsNullable = field.HasPresence && !isEntry;
        if (builder is null)
        {
            return;
        }

        if (!field.IsRepeated)
        {
            _column = ProtoColumn.Of(field, builder, path);
            return;
        }

        var isMap = builder.Type is MapType;
        if (builder is not ListBuilder list || isMap != field.IsMap)
        {
            throw new FlowException(
                FlowErrorCode.BadGraph, $"Column '{path}' is of type {builder.Type.Name}, and {ProtoColumn.Shown(field)} of Protobuf is {(field.IsMap ? "a map: declare it MAP(..., ...)" : "repeated: declare it a list, such as BIGINT[]")}.");
        }

        if (isMap)
        {
            var entry = (StructBuilder)list.Items;
            var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
            _entry = new ProtoFields([new ProtoField(key, entry.Field(0), $"{path} (key)", isEntry: true), new ProtoField(value, entry.Field(1), $"{path} (value)", isEntry: true)], [1, 2]);
        }
        else
        {
            _column = ProtoColumn.Of(field, list.Items, $"{path}[]");
        }
    }

    public FieldType Type { get; }

    public ProtoWire Wire { get; }

    public bool IsRepeated { get; }

    /// <summary>Whether it is told that it has no value, so that it is a null then.</summary>
    public bool IsNullable { get; }

    /// <summary>Which of the message's oneofs it belongs to; -1 for none. That of an optional field is none.</summary>
    public int Oneof { get; }

    /// <summary>Whether its values go anywhere.</summary>
    public bool IsRead => _builder is not null;

    /// <summary>Whether values written so are its own; others are passed over, as those of unknown fields.</summary>
    public bool Takes(ProtoWire wire) => wire == Wire || (wire == ProtoWire.Bytes && IsRepeated && ProtoNumbers.IsPackable(Type));

    /// <summary>Takes the one value.</summary>
    public void Append(ulong bits, ReadOnlySpan<byte> bytes) => _column!.Append(bits, bytes);

    /// <summary>There was none.</summary>
    public void AppendNone()
    {
        if (IsNullable)
        {
            _builder!.AppendNull();
        }
        else
        {
            _column!.Append(0, default);
        }
    }

    /// <summary>Takes one of several values, or some that are packed.</summary>
    public void AppendItem(ulong bits, ReadOnlySpan<byte> bytes, bool isPacked)
    {
        if (_entry is not null)
        {
            _entry.Read(bytes);
            ((StructBuilder)((ListBuilder)_builder!).Items).CloseRow();
        }
        else if (isPacked)
        {
            for (var reader = new ProtoReader(bytes); !reader.IsEnd;)
            {
                _column!.Append(reader.Bits(Wire), default);
            }
        }
        else
        {
            _column!.Append(bits, bytes);
        }
    }

    /// <summary>No more of several values follow.</summary>
    public void EndItems() => ((ListBuilder)_builder!).CloseList();
}
