using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansFlow.Variables;

namespace OrleansFlow.Decisions.Variables;

/// <summary>
/// The built-in rule: a text that has the form of a known kind of secret, or whose characters are spread as in a random one. Texts shorter than
/// <see cref="LengthMin"/> characters are never sensitive.
/// </summary>
/// <param name="entropyThreshold">
/// Bits per character from which a text counts as random (C. E. Shannon, "A Mathematical Theory of Communication", 1948, over the text's own
/// characters). Default 3.2, which plain sentences reach too; about 4.5 spares most of them. Range 0 to 8.
/// </param>
public sealed partial class SensitiveValueDetector(double entropyThreshold = SensitiveValueDetector.DefaultEntropyThreshold) : ISensitiveValueDetector
{
    /// <summary>Default of the threshold, in bits per character.</summary>
    public const double DefaultEntropyThreshold = 3.2;

    /// <summary>Shortest text that is looked at, in characters after trimming.</summary>
    public const int LengthMin = 20;

    /// <inheritdoc/>
    public bool IsSensitive(string path, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => IsSensitive(value.GetString()!),
        JsonValueKind.Array => value.EnumerateArray().Any(item => IsSensitive(path, item)),
        JsonValueKind.Object => value.EnumerateObject().Any(member => IsSensitive(path, member.Value)),
        _ => false,
    };

    private bool IsSensitive(string value)
    {
        var text = value.Trim();
        return text.Length >= LengthMin && (KnownForm().IsMatch(text) || EntropyBits(text) >= entropyThreshold);
    }

    private static double EntropyBits(string text)
    {
        var counts = new Dictionary<char, int>();
        foreach (var character in text)
        {
            counts[character] = counts.GetValueOrDefault(character) + 1;
        }

        var bits = 0.0;
        foreach (var count in counts.Values.Order())
        {
            var share = (double)count / text.Length;
            bits -= share * Math.Log2(share);
        }

        return bits;
    }

    // An access key of AWS, a private key in PEM, tokens of Slack, bearer tokens, JSON web tokens, and what looks like base64 or hex.
    [GeneratedRegex(
        @"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]+-----|^xox[abprs]-|^[Bb]earer\s+\S{20,}|^[\w-]{4,}\.[\w-]{4,}\.[\w-]{4,}$|^[A-Za-z0-9+/_-]{24,}={0,2}$",
        RegexOptions.CultureInvariant)]
    private static partial Regex KnownForm();
}
