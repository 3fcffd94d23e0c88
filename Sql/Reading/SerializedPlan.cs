using System.Text;
using System.Text.Json;

namespace OrleansFlow.Sql.Reading;

/// <summary>The text of <c>json_serialize_plan</c> as elements.</summary>
internal static class SerializedPlan
{
    // Deeper than any plan that DuckDB binds: its own limit of nested expressions is 1,000.
    private const int DepthMax = 4_096;

    /// <summary>Parses the text.</summary>
    /// <exception cref="PlanReadException">The text is no JSON: DuckDB writes some constants (BIT, BIGNUM) so that it is none.</exception>
    public static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(QuoteNumbers(text), new JsonDocumentOptions { MaxDepth = DepthMax });
        }
        catch (JsonException exception)
        {
            throw new PlanReadException($"the serialized plan is not readable ({exception.Message})");
        }
    }

    /// <summary>The text of a property; empty where it is missing.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>The items of a property; none where it is missing.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>An object property; null where it is missing.</summary>
    public static JsonElement? Object(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    public static bool Flag(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A number; -1 where it is missing or above the largest Int32, which DuckDB uses for "none".</summary>
    public static int Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.ToPosition() : -1;

    /// <summary>A position; -1 for the huge numbers by which DuckDB says "none".</summary>
    public static int ToPosition(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) ? number : -1;

    /// <summary>
    /// Refuses what says more than is read: a newer DuckDB may add a property that changes the meaning, and then the plan must not be used.
    /// </summary>
    public static void ThrowIfUnknown(this JsonElement element, string[] known)
    {
        foreach (var property in element.EnumerateObject())
        {
            var isEmpty = property.Value.ValueKind is JsonValueKind.Null or JsonValueKind.False
                || (property.Value.ValueKind == JsonValueKind.Array && property.Value.GetArrayLength() == 0);
            if (!isEmpty
                && property.Name is not ("type" or "expression_class" or "alias" or "query_location" or "return_type")
                && !known.Contains(property.Name, StringComparer.Ordinal))
            {
                throw new PlanReadException($"{element.Text("type")} has a property that is not known: {property.Name}");
            }
        }
    }

    // NaN and infinities are written as bare words, which JSON does not know.
    private static string QuoteNumbers(string text)
    {
        if (!text.Contains("NaN", StringComparison.Ordinal) && !text.Contains("Infinity", StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        var isInText = false;
        for (var index = 0; index < text.Length; index++)
        {
            var character = text[index];
            if (isInText)
            {
                result.Append(character);
                if (character == '\\')
                {
                    result.Append(text[++index]);
                }
                else if (character == '"')
                {
                    isInText = false;
                }

                continue;
            }

            isInText = character == '"';
            if (BareWord(text.AsSpan(index)) is { Length: > 0 } word)
            {
                result.Append('"').Append(word).Append('"');
                index += word.Length - 1;
            }
            else
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }

    private static string BareWord(ReadOnlySpan<char> text) =>
        text.StartsWith("-Infinity") ? "-Infinity" : text.StartsWith("Infinity") ? "Infinity" : text.StartsWith("NaN") ? "NaN" : "";
}
