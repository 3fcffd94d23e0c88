using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>The key of a row as a text that gives the same values back, types included.</summary>
public static class KeyPosition
{
    /// <summary>Writes a key.</summary>
    /// <exception cref="FormatException">A value is null, or of a type that is no key.</exception>
    public static string Write(IReadOnlyList<object?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var value in key)
            {
                var (type, text) = Spell(value);
                writer.WriteStringValue($"{type}{text}");
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a key.</summary>
    /// <exception cref="FormatException">The text is none that <see cref="Write"/> made.</exception>
    public static object[] Read(string position)
    {
        ArgumentNullException.ThrowIfNull(position);
        try
        {
            using var document = JsonDocument.Parse(position);
            return [.. document.RootElement.EnumerateArray().Select(item => Parse(item.GetString()!))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"'{position}' is no key that was written here.", exception);
        }
    }

    private static (char Type, string Text) Spell(object? value) => value switch
    {
        bool truth => ('b', truth ? "1" : "0"),
        sbyte or byte or short or ushort or int or uint or long => ('i', Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)),
        ulong number => ('n', number.ToString(CultureInfo.InvariantCulture)),
        decimal number => ('n', number.ToString(CultureInfo.InvariantCulture)),
        float number => ('f', ((double)number).ToString("R", CultureInfo.InvariantCulture)),
        double number => ('f', number.ToString("R", CultureInfo.InvariantCulture)),
        string text => ('s', text),
        Guid guid => ('g', guid.ToString("D")),
        DateOnly date => ('d', date.ToString("O", CultureInfo.InvariantCulture)),
        DateTime { Kind: DateTimeKind.Utc } time => ('z', time.ToString("O", CultureInfo.InvariantCulture)),
        DateTime time => ('t', time.ToString("O", CultureInfo.InvariantCulture)),
        DateTimeOffset time => ('o', time.ToString("O", CultureInfo.InvariantCulture)),
        null or DBNull => throw new FormatException("A key is null; a column of a key must never be."),
        _ => throw new FormatException($"A value of type {value.GetType()} is no key; use numbers, texts, dates, times or GUIDs."),
    };

    private static object Parse(string spelled)
    {
        var text = spelled[1..];
        return spelled[0] switch
        {
            'b' => text == "1",
            'i' => long.Parse(text, CultureInfo.InvariantCulture),
            'n' => decimal.Parse(text, CultureInfo.InvariantCulture),
            'f' => double.Parse(text, CultureInfo.InvariantCulture),
            's' => text,
            'g' => Guid.Parse(text),
            'd' => DateOnly.Parse(text, CultureInfo.InvariantCulture),
            'z' or 't' => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
            'o' => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
            _ => throw new FormatException($"'{spelled}' is no key that was written here."),
        };
    }
}
