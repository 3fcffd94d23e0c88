using System.Globalization;

namespace OrleansFlow.StreamJobs;

/// <summary>Names and values of C# as SQL writes them.</summary>
internal static class SqlText
{
    /// <summary>A name.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A length of time.</summary>
    public static string Interval(TimeSpan length) => string.Create(CultureInfo.InvariantCulture, $"INTERVAL '{length.Ticks / TimeSpan.TicksPerMicrosecond} microseconds'");

    /// <summary>A text.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A value; null when SQL has no such one.</summary>
    public static string? TryLiteral(object? value) => value switch
    {
        null => "NULL",
        bool truth => truth ? "true" : "false",
        string text when text.Contains('\0', StringComparison.Ordinal) => null,
        string text => Literal(text),
        double number => $"CAST({Literal(number.ToString("R", CultureInfo.InvariantCulture))} AS DOUBLE)",
        float number => $"CAST({Literal(number.ToString("R", CultureInfo.InvariantCulture))} AS FLOAT)",
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        DateTime time => $"TIMESTAMP '{time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'",
        DateOnly date => $"DATE '{date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}'",
        TimeSpan length => Interval(length),
        DayOfWeek day => ((int)day).ToString(CultureInfo.InvariantCulture),
        Enum => null,
        _ when RecordTypes.IsWhole(value.GetType()) => $"CAST({((IFormattable)value).ToString(null, CultureInfo.InvariantCulture)} AS {RecordTypes.TrySqlType(value.GetType())})",
        _ => null,
    };
}
