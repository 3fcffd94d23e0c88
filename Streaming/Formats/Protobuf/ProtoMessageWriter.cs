using System.Buffers;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Writes the columns of a row as the fields of a message, in the order of their numbers. Fields without a column are not written.</summary>
internal sealed class ProtoMessageWriter
{
    private readonly ProtoFieldValue[] _fields;
    private readonly int[] _oneofs;
    private readonly MessageDescriptor _message;

    /// <summary>Makes it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="path">The column that holds them; empty at the root.</param>
    /// <exception cref="FlowException">A column has no field, a required field no column, or they do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoMessageWriter(MessageDescriptor message, IReadOnlyList<ArrowField> columns, string path)
    {
        _message = message;
        var fields = new List<(int Number, ProtoFieldValue Value)>();
        for (var place = 0; place < columns.Count; place++)
        {
            var name = columns[place].Name;
            var field = message.FindFieldByName(name) ?? throw ProtoFields.Missing(message, name, path);
            fields.Add((field.FieldNumber, new ProtoFieldValue(field, columns[place].Type, place, path.Length > 0 ? $"{path}.{name}" : name)));
        }

        if (message.Fields.InDeclarationOrder().FirstOrDefault(field => field.IsRequired && columns.All(column => column.Name != field.Name)) is { } required)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Field '{required.Name}' of the Protobuf message {message.FullName} is required and has no column. Add a column of its name.");
        }

        _fields = [.. fields.OrderBy(field => field.Number).Select(field => field.Value)];
        _oneofs = new int[message.Oneofs.Count];
    }

    /// <summary>How many columns there are.</summary>
    public int Count => _fields.Length;

    /// <summary>Which column comes next.</summary>
    public int Place(int field) => _fields[field].Place;

    /// <summary>Begins a row.</summary>
    public void Begin() => Array.Fill(_oneofs, -1);

    /// <summary>Writes a column.</summary>
    /// <exception cref="FlowException">The message does not take it (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public void Write(int field, ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var one = _fields[field];
        if (one.Oneof >= 0 && !array.IsNull(row))
        {
            _oneofs[one.Oneof] = _oneofs[one.Oneof] < 0 ? field : throw new FlowException(
                FlowErrorCode.BadInput, $"A row has values for two fields of the oneof '{_message.Oneofs[one.Oneof].Name}' of the Protobuf message {_message.FullName}; all but one of its columns have to be null.");
        }

        one.Write(array, row, target);
    }
}

/// <summary>Messages inside of a column.</summary>
internal sealed class ProtoStructValue(MessageDescriptor message, IReadOnlyList<ArrowField> columns, string path) : ProtoValue(path)
{
    private readonly ProtoMessageWriter _fields = new(message, columns, path);
    private readonly ArrayBufferWriter<byte> _message = new();

    public override bool IsDefault(ArrowArray array, int row) => false;

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var one = (StructArray)array;
        _message.ResetWrittenCount();
        _fields.Begin();
        for (var i = 0; i < _fields.Count; i++)
        {
            _fields.Write(i, one.Field(_fields.Place(i)), row, _message);
        }

        WriteBytes(target, _message.WrittenSpan);
    }
}
