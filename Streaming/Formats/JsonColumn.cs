using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Reads JSON values into a column: flat, a struct from an object, a list from an array, a map from an object. Not thread-safe.</summary>
internal abstract class JsonColumn(string path, ArrowArrayBuilder builder)
{
    /// <summary>Where values go.</summary>
    public ArrowArrayBuilder Builder => builder;

    /// <summary>Names the column, for messages: <c>a.b[]</c>.</summary>
    protected string Path => path;

    /// <summary>The column of a builder, with all that is inside of it.</summary>
    public static JsonColumn Of(ArrowArrayBuilder builder, string path, JsonTimes times) => builder switch
    {
        StructBuilder one => new JsonStruct(path, one, times),
        ListBuilder { Type: MapType } one => new JsonMap(path, one, times),
        ListBuilder one => new JsonList(path, one, times),
        _ => new JsonCell(path, builder, Cell.Of(builder, path, times)),
    };

    /// <summary>Appends the value that the reader stands on, and leaves it at the value's end.</summary>
    /// <exception cref="BadRecordException">The column does not take it.</exception>
    public void Read(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            builder.AppendNull();
        }
        else
        {
            ReadValue(ref json, record);
        }
    }

    /// <summary>As <see cref="Read"/>, for what is no null.</summary>
    protected abstract void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record);

    /// <summary>What to say of a value that is not taken.</summary>
    protected BadRecordException Refuse(ref Utf8JsonReader json) =>
        new($"column '{path}' ({builder.Type.Name}) does not take {(json.TokenType is JsonTokenType.StartObject ? "an object" : json.TokenType is JsonTokenType.StartArray ? "an array" : $"'{Shown(json.ValueSpan)}'")}");

    private static string Shown(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.Length > 100 ? value[..100] : value);
}

/// <summary>Flat values.</summary>
internal sealed class JsonCell(string path, ArrowArrayBuilder builder, Cell cell) : JsonColumn(path, builder)
{
    private byte[] _unescaped = [];

    protected override void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        var isTaken = json.TokenType switch
        {
            JsonTokenType.String => cell.TryAppend(json.ValueIsEscaped ? Unescape(ref json) : json.ValueSpan),
            JsonTokenType.Number => cell.Takes is Cell.JsonValue.Number or Cell.JsonValue.Any && cell.TryAppend(json.ValueSpan),
            JsonTokenType.True or JsonTokenType.False => cell.Takes is Cell.JsonValue.Truth or Cell.JsonValue.Any && cell.TryAppend(json.ValueSpan),
            _ => cell.Takes == Cell.JsonValue.Any && cell.TryAppend(Raw(ref json, record)),
        };
        if (!isTaken)
        {
            throw Refuse(ref json);
        }
    }

    /// <summary>An object or array as it is written.</summary>
    private static ReadOnlySpan<byte> Raw(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        var start = (int)json.TokenStartIndex;
        json.Skip();
        return record[start..(int)json.BytesConsumed];
    }

    private ReadOnlySpan<byte> Unescape(ref Utf8JsonReader json)
    {
        if (_unescaped.Length < json.ValueSpan.Length)
        {
            _unescaped = new byte[Math.Max(json.ValueSpan.Length, 2 * _unescaped.Length)];
        }

        return _unescaped.AsSpan(0, json.CopyString(_unescaped));
    }
}

/// <summary>Objects with known fields; fields that are not known are passed over, those that are missing are null.</summary>
internal sealed class JsonStruct : JsonColumn
{
    private readonly StructBuilder _builder;
    private readonly JsonFields _fields;

    public JsonStruct(string path, StructBuilder builder, JsonTimes times)
        : base(path, builder)
    {
        _builder = builder;
        var fields = ((StructType)builder.Type).Fields;
        _fields = new JsonFields([.. fields.Select((field, place) => (field.Name, Of(builder.Field(place), $"{path}.{field.Name}", times)))]);
    }

    protected override void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse(ref json);
        }

        _fields.Read(ref json, record, _builder.Length);
        _builder.CloseRow();
    }
}

/// <summary>Arrays.</summary>
internal sealed class JsonList(string path, ListBuilder builder, JsonTimes times) : JsonColumn(path, builder)
{
    private readonly JsonColumn _items = Of(builder.Items, $"{path}[]", times);

    protected override void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Refuse(ref json);
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            _items.Read(ref json, record);
        }

        builder.CloseList();
    }
}

/// <summary>Objects whose names are keys.</summary>
internal sealed class JsonMap(string path, ListBuilder builder, JsonTimes times) : JsonColumn(path, builder)
{
    private readonly JsonColumn _keys = Of(((StructBuilder)builder.Items).Field(0), $"{path} (key)", times);
    private readonly JsonColumn _values = Of(((StructBuilder)builder.Items).Field(1), $"{path} (value)", times);
    private readonly ArrayBufferWriter<byte> _quoted = new();

    protected override void ReadValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse(ref json);
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            // A name is read as the text that it is, by a reader that stands on it.
            _quoted.ResetWrittenCount();
            _quoted.Write("\""u8);
            _quoted.Write(json.ValueSpan);
            _quoted.Write("\""u8);
            var name = new Utf8JsonReader(_quoted.WrittenSpan);
            name.Read();
            _keys.Read(ref name, _quoted.WrittenSpan);
            json.Read();
            _values.Read(ref json, record);
            ((StructBuilder)builder.Items).CloseRow();
        }

        builder.CloseList();
    }
}
