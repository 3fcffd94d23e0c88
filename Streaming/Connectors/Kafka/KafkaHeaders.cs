using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Confluent.Kafka;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>The headers of a record as values of a column.</summary>
internal static class KafkaHeaders
{
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The value of the last header of a name; null: there is none, or it is null.</summary>
    public static byte[]? Last(Headers? headers, string name) => headers is not null && headers.TryGetLastBytes(name, out var value) ? value : null;

    /// <summary>
    /// All of them as an object of JSON, in their order: a text where the value is UTF-8, <c>{"base64": "..."}</c> where it is not, null where it is null, and an array of these where a
    /// name is there several times.
    /// </summary>
    /// <returns>UTF-8; <c>{}</c> for none.</returns>
    public static ReadOnlyMemory<byte> Json(Headers? headers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            for (var i = 0; i < (headers?.Count ?? 0); i++)
            {
                Write(json, headers!, i);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, Headers headers, int place)
    {
        var name = headers[place].Key;
        var count = 0;
        for (var i = 0; i < headers.Count; i++)
        {
            if (headers[i].Key == name)
            {
                if (i < place)
                {
                    // It is in the array of the first one.
                    return;
                }

                count++;
            }
        }

        json.WritePropertyName(name);
        if (count == 1)
        {
            Write(json, headers[place].GetValueBytes());
            return;
        }

        json.WriteStartArray();
        for (var i = place; i < headers.Count; i++)
        {
            if (headers[i].Key == name)
            {
                Write(json, headers[i].GetValueBytes());
            }
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, byte[]? value)
    {
        if (value is null)
        {
            json.WriteNullValue();
        }
        else if (Utf8.IsValid(value))
        {
            json.WriteStringValue(value);
        }
        else
        {
            json.WriteStartObject();
            json.WriteBase64String("base64"u8, value);
            json.WriteEndObject();
        }
    }
}
