using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Reads the fields of a record, each into the column of its name; those without a column are passed over. Not thread-safe.</summary>
internal sealed class AvroFields
{
    private readonly (AvroType Type, AvroColumn? Column, string Path)[] _fields;

    /// <summary>Makes it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="builders">Where the values of each go.</param>
    /// <param name="path">The column that holds them; empty at the root.</param>
    /// <param name="json">Writes what becomes text.</param>
    /// <exception cref="FlowException">A column has no field, or does not take its values (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public AvroFields(AvroType record, IReadOnlyList<ArrowField> columns, Func<int, ArrowArrayBuilder> builders, string path, AvroJson json)
    {
        var fields = new List<(AvroType, AvroColumn?, string)>();
        var isRead = new bool[columns.Count];
        foreach (var field in record.Fields)
        {
            var place = PlaceOf(columns, field.Name);
            var name = path.Length > 0 ? $"{path}.{field.Name}" : field.Name;
            fields.Add((field.Type, place < 0 ? null : AvroColumn.Of(field.Type, builders(place), name, json), name));
            if (place >= 0)
            {
                isRead[place] = true;
            }
        }

        if (Array.IndexOf(isRead, false) is var missing and >= 0)
        {
            throw Missing(record, columns[missing].Name, path);
        }

        _fields = [.. fields];
    }

    /// <summary>Reads them.</summary>
    public void Read(ref AvroReader reader)
    {
        foreach (var (type, column, path) in _fields)
        {
            if (column is null)
            {
                reader.Skip(type);
            }
            else
            {
                reader.Column = path;
                column.Read(ref reader);
            }
        }
    }

    /// <summary>What to say of a column that a record has no field for.</summary>
    public static FlowException Missing(AvroType record, string column, string path) => new(
        FlowErrorCode.BadGraph,
        $"Column '{(path.Length > 0 ? $"{path}.{column}" : column)}' is no field of the Avro record {record.FullName}; it has: {string.Join(", ", record.Fields.Select(field => field.Name))}.");

    /// <summary>The place of a name; -1 for none.</summary>
    public static int PlaceOf(IReadOnlyList<ArrowField> columns, string name)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}
