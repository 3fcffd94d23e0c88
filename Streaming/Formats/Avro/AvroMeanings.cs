using System.Text.Json;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Logical types. One that does not fit what it stands on counts for nothing, as the specification asks.</summary>
internal static class AvroMeanings
{
    private const int UuidBytes = 16;

    /// <summary>Takes the logical type of a declaration.</summary>
    public static void Read(JsonElement element, AvroType type)
    {
        if (!element.TryGetProperty("logicalType", out var logical) || logical.ValueKind != JsonValueKind.String)
        {
            return;
        }

        type.Meaning = (logical.GetString(), type.Kind) switch
        {
            ("decimal", AvroKind.Bytes or AvroKind.Fixed) when TryDigits(element, type, out var digits) => Decimal(type, digits),
            ("uuid", AvroKind.String) => AvroMeaning.Uuid,
            ("uuid", AvroKind.Fixed) when type.Size == UuidBytes => AvroMeaning.Uuid,
            ("date", AvroKind.Int) => AvroMeaning.Date,
            ("time-millis", AvroKind.Int) => AvroMeaning.TimeMillis,
            ("time-micros", AvroKind.Long) => AvroMeaning.TimeMicros,
            ("timestamp-millis" or "local-timestamp-millis", AvroKind.Long) => AvroMeaning.TimestampMillis,
            ("timestamp-micros" or "local-timestamp-micros", AvroKind.Long) => AvroMeaning.TimestampMicros,
            ("timestamp-nanos" or "local-timestamp-nanos", AvroKind.Long) => AvroMeaning.TimestampNanos,
            _ => AvroMeaning.None,
        };
    }

    /// <summary>How many of its units are in a second; 0 for what is no time of day and no timestamp.</summary>
    public static long PerSecond(AvroMeaning meaning) => meaning switch
    {
        AvroMeaning.TimeMillis or AvroMeaning.TimestampMillis => 1_000,
        AvroMeaning.TimeMicros or AvroMeaning.TimestampMicros => 1_000_000,
        AvroMeaning.TimestampNanos => 1_000_000_000,
        _ => 0,
    };

    /// <summary>Whether it is a point in time.</summary>
    public static bool IsTimestamp(AvroMeaning meaning) => meaning is AvroMeaning.TimestampMillis or AvroMeaning.TimestampMicros or AvroMeaning.TimestampNanos;

    /// <summary>Whether it is a time of day.</summary>
    public static bool IsTimeOfDay(AvroMeaning meaning) => meaning is AvroMeaning.TimeMillis or AvroMeaning.TimeMicros;

    private static AvroMeaning Decimal(AvroType type, (int, int) digits)
    {
        type.Digits = digits;
        return AvroMeaning.Decimal;
    }

    private static bool TryDigits(JsonElement element, AvroType type, out (int Precision, int Scale) digits)
    {
        digits = (Number(element, "precision") ?? 0, Number(element, "scale") ?? (element.TryGetProperty("scale", out _) ? -1 : 0));

        // Digits that so many bytes surely hold: floor(log10(2^(8n-1) - 1)).
        var held = type.Kind == AvroKind.Fixed ? Math.Floor(((8 * type.Size) - 1) * Math.Log10(2)) : int.MaxValue;
        return digits.Precision > 0 && digits.Scale >= 0 && digits.Scale <= digits.Precision && digits.Precision <= held;
    }

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
