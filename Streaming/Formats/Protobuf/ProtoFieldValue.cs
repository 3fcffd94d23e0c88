using System.Buffers;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Writes a column as a field, with its tag. A null is a field that is not there.</summary>
internal sealed class ProtoFieldValue
{
    private readonly string _path;
    private readonly ProtoValue _value;
    private readonly ProtoFieldValue? _key;
    private readonly ulong _tag;
    private readonly bool _isRepeated;
    private readonly bool _isPacked;
    private readonly bool _isAlways;
    private readonly bool _isRequired;
    private readonly ProtoFieldValue? _mapValue;
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>Makes it.</summary>
    /// <param name="field">The field.</param>
    /// <param name="column">Of what type the column is.</param>
    /// <param name="place">Which column it is.</param>
    /// <param name="path">The column, for messages.</param>
    /// <param name="isEntry">Whether it is the key or the value of a map: it is always written there.</param>
    /// <exception cref="FlowException">They do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoFieldValue(FieldDescriptor field, ArrowType column, int place, string path, bool isEntry = false)
    {
        (Place, _path) = (place, path);
        Oneof = field.RealContainingOneof?.Index ?? -1;
        (_isRepeated, _isRequired, _isAlways) = (field.IsRepeated, field.IsRequired || isEntry, field.HasPresence || isEntry);
        _isPacked = field.IsRepeated && field.IsPacked && ProtoNumbers.IsPackable(field.FieldType);
        _tag = TagOf(field.FieldNumber, _isPacked ? ProtoWire.Bytes : ProtoNumbers.WireOf(field.FieldType));
        if (field.IsMap && column is MapType map)
        {
            _key = new ProtoFieldValue(field.MessageType.FindFieldByNumber(1), map.Key.Type, 0, $"{path} (key)", isEntry: true);
            _mapValue = new ProtoFieldValue(field.MessageType.FindFieldByNumber(2), map.Value.Type, 1, $"{path} (value)", isEntry: true);
            _value = _key._value;
            return;
        }

        if (field.IsMap || field.IsRepeated != column is ListType)
        {
            throw new FlowException(
                FlowErrorCode.BadGraph, $"Column '{path}' is of type {column.Name}, which is not written as {ProtoColumn.Shown(field)} of Protobuf, {(field.IsMap ? "a map" : field.IsRepeated ? "which is repeated" : "which is not repeated")}.");
        }

        _value = ProtoValue.Of(field, column is ListType list ? list.Item.Type : column, column is ListType ? $"{path}[]" : path);
    }

    /// <summary>Which column it is.</summary>
    public int Place { get; }

    /// <summary>Which of the message's oneofs it belongs to; -1 for none.</summary>
    public int Oneof { get; }

    /// <summary>What stands before a value.</summary>
    public static ulong TagOf(int number, ProtoWire wire) => ((ulong)number << 3) | (ulong)wire;

    /// <summary>Writes the field of a row.</summary>
    /// <exception cref="FlowException">The field does not take the value (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        if (array.IsNull(row))
        {
            if (_isRequired)
            {
                throw ProtoValue.Refuse(_path, "a null, and the field is required");
            }
        }
        else if (_isRepeated)
        {
            WriteItems((VariableListArray)array, row, target);
        }
        else if (_isAlways || !_value.IsDefault(array, row))
        {
            ProtoValue.WriteVarint(target, _tag);
            _value.Write(array, row, target);
        }
    }

    private void WriteItems(VariableListArray list, int row, IBufferWriter<byte> target)
    {
        var (start, length) = list.GetRange(row);
        _scratch.ResetWrittenCount();
        for (var i = start; i < start + length; i++)
        {
            if (list.Items.IsNull(i))
            {
                throw ProtoValue.Refuse($"{_path}[]", "a null, and Protobuf has none in lists and maps");
            }

            if (_key is not null)
            {
                WriteEntry((MapArray)list, i, target);
            }
            else if (_isPacked)
            {
                _value.Write(list.Items, i, _scratch);
            }
            else
            {
                ProtoValue.WriteVarint(target, _tag);
                _value.Write(list.Items, i, target);
            }
        }

        if (_isPacked && length > 0)
        {
            ProtoValue.WriteVarint(target, _tag);
            ProtoValue.WriteBytes(target, _scratch.WrittenSpan);
        }
    }

    private void WriteEntry(MapArray map, int entry, IBufferWriter<byte> target)
    {
        _scratch.ResetWrittenCount();
        _key!.Write(map.Keys, entry, _scratch);
        _mapValue!.Write(map.Values, entry, _scratch);
        ProtoValue.WriteVarint(target, _tag);
        ProtoValue.WriteBytes(target, _scratch.WrittenSpan);
    }
}
