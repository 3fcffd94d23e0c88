using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>An adapter's schema as the text that is kept and read by operators.</summary>
public static class AdapterSchemaJson
{
    /// <summary>Longest text of one schema, in characters.</summary>
    public const int CharsMax = 16 * 1024;

    /// <summary>Writes a schema.</summary>
    public static string Write(AdapterSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("name", schema.Name);
            WriteTexts(writer, "aliases", schema.Aliases);
            if (schema.IsSingleTask)
            {
                writer.WriteBoolean("single_task", true);
            }

            writer.WriteStartArray("arguments");
            foreach (var argument in schema.Arguments)
            {
                Write(writer, argument);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a schema; null when the text is none.</summary>
    public static AdapterSchema? Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return new AdapterSchema(root.GetProperty("name").GetString()!, [.. root.GetProperty("arguments").EnumerateArray().Select(ReadArgument)])
            {
                Aliases = ReadTexts(root, "aliases"),
                IsSingleTask = root.TryGetProperty("single_task", out var single) && single.GetBoolean(),
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // What a newer version wrote is as good as unknown: the worker checks it in the end.
            return null;
        }
    }

    private static void Write(Utf8JsonWriter writer, AdapterArgument argument)
    {
        writer.WriteStartObject();
        writer.WriteString("name", argument.Name);
        writer.WriteString("kind", argument.Kind.ToString());
        if (argument.IsRequired)
        {
            writer.WriteBoolean("required", true);
        }

        if (argument.Minimum is { } minimum)
        {
            writer.WriteNumber("minimum", minimum);
        }

        if (argument.Maximum is { } maximum)
        {
            writer.WriteNumber("maximum", maximum);
        }

        WriteTexts(writer, "choices", argument.Choices);
        if (argument.Excludes is { } other)
        {
            writer.WriteString("excludes", other);
        }

        writer.WriteEndObject();
    }

    private static AdapterArgument ReadArgument(JsonElement json) => new(
        json.GetProperty("name").GetString()!,
        Enum.TryParse<AdapterArgumentKind>(json.GetProperty("kind").GetString(), out var kind) ? kind : AdapterArgumentKind.Any,
        json.TryGetProperty("required", out var required) && required.GetBoolean())
    {
        Minimum = json.TryGetProperty("minimum", out var minimum) ? minimum.GetDouble() : null,
        Maximum = json.TryGetProperty("maximum", out var maximum) ? maximum.GetDouble() : null,
        Choices = ReadTexts(json, "choices"),
        Excludes = json.TryGetProperty("excludes", out var other) ? other.GetString() : null,
    };

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static string[] ReadTexts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];
}
