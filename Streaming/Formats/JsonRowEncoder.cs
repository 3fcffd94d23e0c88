using System.Buffers;
using System.Text.Json;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>An object a row, with the columns in their order.</summary>
internal sealed class JsonRowEncoder(ArrowSchema schema, JsonValueWriter values) : RowEncoder
{
    private readonly JsonEncodedText[] _names = [.. schema.Fields.Select(field => JsonEncodedText.Encode(field.Name))];
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        _json.Reset(target);
        _json.WriteStartObject();
        for (var column = 0; column < _names.Length; column++)
        {
            _json.WritePropertyName(_names[column]);
            values.Write(_json, batch.Column(column), row);
        }

        _json.WriteEndObject();
        _json.Flush();
    }

    protected override void Dispose(bool disposing)
    {
        _json.Dispose();
        base.Dispose(disposing);
    }
}
