using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Writes the fields of a record in the order of the schema: from the column of the field's name, or else its default, or null.</summary>
internal sealed class AvroFieldWriters
{
    private readonly (int Column, AvroValue? Value, byte[] Default)[] _fields;

    /// <summary>Makes it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="path">The column that holds them; empty at the root.</param>
    /// <exception cref="FlowException">A column has no field, a field has no column and no default, or they do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public AvroFieldWriters(AvroType record, IReadOnlyList<ArrowField> columns, string path)
    {
        foreach (var column in columns)
        {
            if (!record.Fields.Any(field => field.Name == column.Name))
            {
                throw AvroFields.Missing(record, column.Name, path);
            }
        }

        _fields = [.. record.Fields.Select(field => Of(record, field, columns, path))];
    }

    /// <summary>How many there are.</summary>
    public int Count => _fields.Length;

    /// <summary>The column of a field; -1 for none.</summary>
    public int Column(int field) => _fields[field].Column;

    /// <summary>Writes a field.</summary>
    /// <param name="field">Which one.</param>
    /// <param name="array">Its column; null when it has none.</param>
    /// <param name="row">Which row.</param>
    /// <param name="target">Where the bytes go.</param>
    public void Write(int field, ArrowArray? array, int row, IBufferWriter<byte> target)
    {
        if (array is null)
        {
            target.Write(_fields[field].Default);
        }
        else
        {
            _fields[field].Value!.Write(array, row, target);
        }
    }

    private static (int Column, AvroValue? Value, byte[] Default) Of(AvroType record, AvroField field, IReadOnlyList<ArrowField> columns, string path)
    {
        var name = path.Length > 0 ? $"{path}.{field.Name}" : field.Name;
        var column = AvroFields.PlaceOf(columns, field.Name);
        if (column >= 0)
        {
            return (column, AvroValue.Of(field.Type, columns[column].Type, name), []);
        }

        return (-1, null, AvroDefaults.Of(field) ?? throw new FlowException(
            FlowErrorCode.BadGraph, $"Field '{name}' of the Avro record {record.FullName} has no column, no default that fits it, and takes no null. Add a column of its name."));
    }
}
