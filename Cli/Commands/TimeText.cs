using System.Globalization;

namespace OrleansFlow.Cli.Commands;

/// <summary>Times as the command line takes them: seconds, or <c>hh:mm:ss</c>.</summary>
internal static class TimeText
{
    private const double SecondsMax = 86_400;

    /// <summary>Reads a time.</summary>
    /// <returns>Null when it is none, or negative, or seconds are above a day.</returns>
    public static TimeSpan? TryParse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds is >= 0 and <= SecondsMax ? TimeSpan.FromSeconds(seconds) : null
            : TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var parsed) && parsed >= TimeSpan.Zero ? parsed : null;
}
