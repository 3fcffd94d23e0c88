using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>Names of batches that nobody named: 40 hex digits of BLAKE2b-160 over compact JSON, the members sorted, other alphabets kept.</summary>
public static class BatchUids
{
    private const int DigestBytes = 20;

    /// <summary>The name of one piece of an artifact: the same artifact gives the same names each time.</summary>
    /// <param name="source">The node that made the artifact.</param>
    /// <param name="parentUid">Name of the artifact.</param>
    /// <param name="index">Number of the piece within it, from 0.</param>
    public static string OfChunk(string source, string parentUid, int index)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"idx\":{index},\"parent\":");
        AppendText(text, parentUid);
        text.Append(",\"src\":");
        AppendText(text, source);
        return HashOf(text.Append('}').ToString());
    }

    /// <summary>The name of a payload.</summary>
    public static string OfPayload(JsonElement payload)
    {
        var text = new StringBuilder("{\"payload\":");
        Append(text, payload);
        return HashOf(text.Append('}').ToString());
    }

    /// <summary>The name of a JSON value as it stands.</summary>
    public static string OfJson(JsonElement value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return HashOf(text.ToString());
    }

    /// <summary>The name of a text.</summary>
    public static string OfText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return HashOf(text);
    }

    private static string HashOf(string text)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        Blake2b.Hash(Encoding.UTF8.GetBytes(text), digest);
        return Convert.ToHexStringLower(digest);
    }

    private static void Append(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var isFirst = true;
                text.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    text.Append(isFirst ? "" : ",");
                    AppendText(text, member.Name);
                    text.Append(':');
                    Append(text, member.Value);
                    isFirst = false;
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var (position, item) in value.EnumerateArray().Index())
                {
                    text.Append(position == 0 ? "" : ",");
                    Append(text, item);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                AppendText(text, value.GetString()!);
                break;
            case JsonValueKind.Undefined:
                text.Append("null");
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    /// <summary>A JSON text with nothing escaped that need not be (RFC 8259, section 7).</summary>
    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' or '\\' => text.Append('\\').Append(character),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }
}
