using System.Text;
using System.Text.Json;

namespace OrleansFlow.Streaming.Formats;

/// <summary>The named values of an object, each into its column. Not thread-safe.</summary>
internal sealed class JsonFields
{
    private readonly byte[][] _names;
    private readonly JsonColumn[] _columns;

    public JsonFields(IReadOnlyList<(string Name, JsonColumn Column)> fields)
    {
        _names = [.. fields.Select(field => Encoding.UTF8.GetBytes(field.Name))];
        _columns = [.. fields.Select(field => field.Column)];
    }

    /// <summary>Reads an object, and gives each column one value.</summary>
    /// <param name="json">Stands on the object's start; then on its end.</param>
    /// <param name="record">What is read.</param>
    /// <param name="row">Values that each column has before.</param>
    public void Read(ref Utf8JsonReader json, ReadOnlySpan<byte> record, int row)
    {
        var expected = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var place = Find(ref json, expected);
            if (place < 0)
            {
                json.Read();
                json.Skip();
                continue;
            }

            expected = place + 1;
            if (_columns[place].Builder.Length != row)
            {
                throw new BadRecordException($"it has the field '{Encoding.UTF8.GetString(_names[place])}' twice");
            }

            json.Read();
            _columns[place].Read(ref json, record);
        }

        foreach (var column in _columns)
        {
            if (column.Builder.Length == row)
            {
                column.Builder.AppendNull();
            }
        }
    }

    /// <summary>The column of a name; fields mostly come in the order of the columns.</summary>
    private int Find(ref Utf8JsonReader json, int expected)
    {
        for (var i = expected; i < _names.Length; i++)
        {
            if (json.ValueTextEquals(_names[i]))
            {
                return i;
            }
        }

        for (var i = 0; i < Math.Min(expected, _names.Length); i++)
        {
            if (json.ValueTextEquals(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
