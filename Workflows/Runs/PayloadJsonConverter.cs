using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Reads and writes a <see cref="Payload"/> as the JSON that it is.</summary>
public sealed class PayloadJsonConverter : JsonConverter<Payload>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override Payload Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonMarshal.GetRawUtf8Value(JsonElement.ParseValue(ref reader)).ToArray());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Payload value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
