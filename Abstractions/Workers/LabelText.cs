using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>The one rule for labels and versions that workers announce and nodes ask for: names are ids, values are short plain texts.</summary>
public static class LabelText
{
    /// <summary>Most labels of one worker or node.</summary>
    public const int CountMax = 32;

    /// <summary>Longest value or version, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Whether <paramref name="name"/> can name a label: an id by the rule of <see cref="IdText"/>.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => IdText.IsValid(name);

    /// <summary>Whether <paramref name="value"/> can be a label's value or a version: 1 to 128 characters, none of them a control character.</summary>
    public static bool IsValue(ReadOnlySpan<char> value)
    {
        if (value.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var character in value)
        {
            if (char.IsControl(character))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is wrong with a set of labels; null when nothing is.</summary>
    public static string? Fault(IEnumerable<KeyValuePair<string, string>> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var count = 0;
        foreach (var (name, value) in labels)
        {
            if (!IsName(name))
            {
                return $"'{Shorten(name)}' is not a label: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit";
            }

            if (!IsValue(value))
            {
                return $"label '{name}' has the value '{Shorten(value)}'; use 1 to {MaxLength} characters without control characters";
            }

            count++;
        }

        return count <= CountMax ? null : $"{count} labels; at most {CountMax} are allowed";
    }

    private static string Shorten(string? text) => text is null ? "" : text.Length <= 40 ? text : text[..40] + "...";
}
