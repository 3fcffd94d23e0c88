using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Objects as JSON texts, member by member.</summary>
internal static class JsonMembers
{
    /// <summary>An object with one member added, or replaced.</summary>
    /// <param name="objectJson">The object; null for an empty one.</param>
    /// <param name="name">Name of the member.</param>
    /// <param name="valueJson">Its value.</param>
    public static string With(string? objectJson, string name, string valueJson)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (objectJson is not null)
            {
                using var before = JsonDocument.Parse(objectJson);
                foreach (var member in before.RootElement.EnumerateObject().Where(member => member.Name != name))
                {
                    member.WriteTo(writer);
                }
            }

            writer.WritePropertyName(name);
            writer.WriteRawValue(valueJson);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
