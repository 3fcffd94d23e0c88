using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>A JSON object a record, its fields by name the columns. A record of white space is none.</summary>
internal sealed class JsonRowDecoder : RowDecoder
{
    private readonly JsonFields _fields;

    public JsonRowDecoder(ArrowSchema schema, JsonTimes times, ArrowAllocator? allocator)
        : base(schema, allocator) =>
        _fields = new JsonFields([.. schema.Fields.Select((field, place) => (field.Name, JsonColumn.Of(Rows.Column(place), field.Name, times)))]);

    protected override void Decode(ReadOnlySpan<byte> record)
    {
        if (record.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        var json = new Utf8JsonReader(record);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new BadRecordException("it is no JSON object");
        }

        _fields.Read(ref json, record, Rows.RowCount);

        // Throws when something follows.
        json.Read();
    }
}
