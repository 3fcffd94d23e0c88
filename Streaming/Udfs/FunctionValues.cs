using System.Globalization;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>Arguments for people, in few characters.</summary>
internal static class FunctionValues
{
    private const int CharsMax = 64;
    private const int ValuesMax = 8;

    /// <summary>The arguments of a call.</summary>
    public static string Write(IReadOnlyList<object?> values) =>
        $"({string.Join(", ", values.Take(ValuesMax).Select(Write))}{(values.Count > ValuesMax ? ", ..." : "")})";

    /// <summary>A text that is not longer than people read.</summary>
    public static string Cut(string text, int charsMax) => text.Length <= charsMax ? text : string.Concat(text.AsSpan(0, charsMax), "...");

    private static string Write(object? value) => value switch
    {
        null => "NULL",
        string text => $"'{Cut(text, CharsMax)}'",
        byte[] bytes => $"0x{Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, CharsMax / 2)))}{(bytes.Length > CharsMax / 2 ? "..." : "")}",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
