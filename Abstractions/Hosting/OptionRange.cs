using System.Globalization;

namespace OrleansFlow.Hosting;

/// <summary>Says what is wrong with an option the way every options class does: full key, value, range.</summary>
/// <remarks>Generated range checks (<c>OptionsValidator</c>) leave out the message of the attribute, and so key and value; hence not those.</remarks>
public static class OptionRange
{
    /// <summary>For example <c>OrleansFlow:Leases:Duration is 00:00:00; use 00:00:01 to 01:00:00.</c></summary>
    /// <param name="section">Configuration section of the options.</param>
    /// <param name="key">The option.</param>
    /// <param name="value">What it is set to.</param>
    /// <param name="min">Least value that is allowed.</param>
    /// <param name="max">Largest value that is allowed.</param>
    /// <returns>Null when the value is in the range.</returns>
    public static string? Fault<T>(string section, string key, T value, T min, T max)
        where T : IComparable<T>
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.CompareTo(min) < 0 || value.CompareTo(max) > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{section}:{key} is {value}; use {min} to {max}.")
            : null;
    }
}
