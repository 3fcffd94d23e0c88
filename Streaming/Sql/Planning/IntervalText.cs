using System.Globalization;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Reads intervals as the engine writes them: <c>2 days 03:04:05.5</c>.</summary>
internal static class IntervalText
{
    private const long MicrosPerDay = 86_400_000_000;

    /// <summary>The length of an interval.</summary>
    /// <param name="text">As the engine writes it.</param>
    /// <param name="micros">Its microseconds.</param>
    /// <returns>False where it has months or years, which have no one length, or is no interval.</returns>
    public static bool TryRead(string text, out long micros)
    {
        micros = 0;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].Contains(':', StringComparison.Ordinal))
            {
                if (!TryReadTime(parts[i], out var time))
                {
                    return false;
                }

                micros += time;
            }
            else if (i + 1 < parts.Length && parts[i + 1] is "day" or "days" && long.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var days))
            {
                micros += days * MicrosPerDay;
                i++;
            }
            else
            {
                return false;
            }
        }

        return parts.Length > 0;
    }

    private static bool TryReadTime(string text, out long micros)
    {
        micros = 0;
        var isNegative = text[0] == '-';
        var parts = text.TrimStart('-').Split(':');
        if (parts.Length != 3
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || !decimal.TryParse(parts[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return false;
        }

        micros = (hours * 3_600 + minutes * 60) * 1_000_000 + (long)(seconds * 1_000_000);
        micros = isNegative ? -micros : micros;
        return true;
    }
}
