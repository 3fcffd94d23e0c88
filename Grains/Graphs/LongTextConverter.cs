using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Writes a text of megabytes in pieces: written at once, it is escaped in a buffer of six times its length, which the pool of buffers then keeps.</summary>
internal sealed class LongTextConverter : JsonConverter<string>
{
    private const int PieceChars = 16 * 1024;

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() ?? "";

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        if (value.Length <= PieceChars)
        {
            writer.WriteStringValue(value);
            return;
        }

        for (var first = 0; first < value.Length; first += PieceChars)
        {
            writer.WriteStringValueSegment(value.AsSpan(first, Math.Min(PieceChars, value.Length - first)), isFinalSegment: first + PieceChars >= value.Length);
        }
    }
}
