namespace OrleansFlow.Tasks;

/// <summary>The one rule for the text of an id: 1 to 128 of <c>A-Z a-z 0-9 _ - .</c>, the first a letter or digit.</summary>
/// <remarks>Ids become storage keys, file names and URL segments, so nothing that any of these would escape is allowed.</remarks>
public static class IdText
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Whether <paramref name="value"/> is a well-formed id.</summary>
    public static bool IsValid(ReadOnlySpan<char> value)
    {
        if (value.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(value[0]))
        {
            return false;
        }

        foreach (var character in value)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    internal static string Require(string? value, string what) =>
        value is not null && IsValid(value)
            ? value
            : throw new ArgumentException(
                $"'{value}' is not a {what}: use 1 to {MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.", nameof(value));
}
