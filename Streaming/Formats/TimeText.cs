using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Dates and times as text of RFC 3339, and the forms close to it that databases write.</summary>
internal static class TimeText
{
    private const int DateBytes = 10;
    private const int FractionDigits = 9;

    /// <summary>Reads <c>2026-01-02T03:04:05.678+01:00</c>; a space for the T, no fraction and no zone (then UTC) are taken, too, and a date alone.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="unit">What to count.</param>
    /// <param name="value">Since 1970, in UTC; digits beyond the unit are cut off.</param>
    public static bool TryTimestamp(ReadOnlySpan<byte> text, TimeUnit unit, out long value)
    {
        value = 0;
        if (!TryDate(text.Length > DateBytes ? text[..DateBytes] : text, out var days))
        {
            return false;
        }

        var (seconds, nanos) = (0L, 0L);
        if (text.Length > DateBytes)
        {
            if (text[DateBytes] is not ((byte)'T' or (byte)'t' or (byte)' ') || !TryClock(text[(DateBytes + 1)..], out seconds, out nanos, out var rest) || !TryZone(rest, out var zoneSeconds))
            {
                return false;
            }

            seconds -= zoneSeconds;
        }

        // The seconds alone may lie beyond the 64 bits where the whole does not, and the other way round.
        var whole = ((Int128)((days * 86_400L) + seconds) * PerSecond(unit)) + (nanos / (1_000_000_000 / PerSecond(unit)));
        value = (long)whole;
        return value == whole;
    }

    /// <summary>Reads <c>2026-01-02</c> as days since 1970.</summary>
    public static bool TryDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (text.Length != DateBytes || text[4] != '-' || text[7] != '-' || !TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..], out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        days = ArrowTime.FromDate(new DateOnly(year, month, day));
        return true;
    }

    /// <summary>Reads <c>03:04:05.678</c>.</summary>
    public static bool TryTimeOfDay(ReadOnlySpan<byte> text, TimeUnit unit, out long value)
    {
        var isTime = TryClock(text, out var seconds, out var nanos, out var rest) && rest.IsEmpty;
        value = (seconds * PerSecond(unit)) + (nanos / (1_000_000_000 / PerSecond(unit)));
        return isTime;
    }

    /// <summary>How many of a unit are in a second.</summary>
    public static long PerSecond(TimeUnit unit) => unit switch
    {
        TimeUnit.Second => 1,
        TimeUnit.Millisecond => 1_000,
        TimeUnit.Microsecond => 1_000_000,
        _ => 1_000_000_000,
    };

    private static bool TryClock(ReadOnlySpan<byte> text, out long seconds, out long nanos, out ReadOnlySpan<byte> rest)
    {
        (seconds, nanos) = (0, 0);
        rest = default;
        if (text.Length < 5 || text[2] != ':' || !TryDigits(text[..2], out var hours) || !TryDigits(text[3..5], out var minutes) || hours > 23 || minutes > 59)
        {
            return false;
        }

        seconds = (hours * 3_600) + (minutes * 60);
        rest = text[5..];
        if (rest.IsEmpty || rest[0] != ':')
        {
            return true;
        }

        if (rest.Length < 3 || !TryDigits(rest[1..3], out var second) || second > 59)
        {
            return false;
        }

        seconds += second;
        rest = rest[3..];
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        var count = 0;
        for (rest = rest[1..]; count < rest.Length && rest[count] is >= (byte)'0' and <= (byte)'9'; count++)
        {
            nanos = count < FractionDigits ? (nanos * 10) + (rest[count] - '0') : nanos;
        }

        for (var digits = count; digits < FractionDigits; digits++)
        {
            nanos *= 10;
        }

        rest = rest[count..];
        return count > 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, out long seconds)
    {
        seconds = 0;
        if (text.IsEmpty || (text.Length == 1 && text[0] is (byte)'Z' or (byte)'z'))
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length is not (3 or 5 or 6) || (text.Length == 6 && text[3] != ':') || !TryDigits(text[1..3], out var hours))
        {
            return false;
        }

        var minutes = 0;
        if (hours > 23 || (text.Length > 3 && (!TryDigits(text[^2..], out minutes) || minutes > 59)))
        {
            return false;
        }

        seconds = ((hours * 3_600) + (minutes * 60)) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
