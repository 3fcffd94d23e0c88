using System.Globalization;

namespace Orleans.Runtime;

/// <summary>How integers and GUIDs are written as grain keys: integers as upper-case hex, GUIDs as 32 digits, compound keys with a plus sign.</summary>
public static class GrainIdKeyExtensions
{
    /// <summary>The key of an integer.</summary>
    /// <param name="key">The integer.</param>
    /// <returns>The key.</returns>
    public static IdSpan CreateIntegerKey(long key) => IdSpan.Create(key.ToString("X", CultureInfo.InvariantCulture));

    /// <summary>The key of an integer and a string.</summary>
    /// <param name="key">The integer.</param>
    /// <param name="keyExtension">The string; null or empty makes a plain integer key.</param>
    /// <returns>The key.</returns>
    public static IdSpan CreateIntegerKey(long key, string? keyExtension) => string.IsNullOrWhiteSpace(keyExtension)
        ? CreateIntegerKey(key)
        : IdSpan.Create($"{key.ToString("X", CultureInfo.InvariantCulture)}+{keyExtension}");

    /// <summary>The key of a GUID.</summary>
    /// <param name="key">The GUID.</param>
    /// <returns>The key.</returns>
    public static IdSpan CreateGuidKey(Guid key) => IdSpan.Create(key.ToString("N"));

    /// <summary>The key of a GUID and a string.</summary>
    /// <param name="key">The GUID.</param>
    /// <param name="keyExtension">The string; null or empty makes a plain GUID key.</param>
    /// <returns>The key.</returns>
    public static IdSpan CreateGuidKey(Guid key, string? keyExtension) =>
        string.IsNullOrWhiteSpace(keyExtension) ? CreateGuidKey(key) : IdSpan.Create($"{key:N}+{keyExtension}");

    /// <summary>Reads an integer key.</summary>
    /// <param name="grainId">The id.</param>
    /// <param name="key">The integer.</param>
    /// <param name="keyExt">The string of a compound key.</param>
    /// <returns>False when the key is not an integer.</returns>
    public static bool TryGetIntegerKey(this GrainId grainId, out long key, out string? keyExt)
    {
        Split(grainId, out var head, out keyExt);
        return long.TryParse(head, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
    }

    /// <summary>The integer of a key.</summary>
    /// <param name="grainId">The id.</param>
    /// <param name="keyExt">The string of a compound key; null when there is none.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ArgumentException">The key is not an integer.</exception>
    public static long GetIntegerKey(this GrainId grainId, out string? keyExt) => grainId.TryGetIntegerKey(out var key, out keyExt)
        ? key
        : throw new ArgumentException($"The key of grain '{grainId}' is not an integer.", nameof(grainId));

    /// <summary>The integer of a key.</summary>
    /// <param name="grainId">The id.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ArgumentException">The key is not an integer.</exception>
    public static long GetIntegerKey(this GrainId grainId) => grainId.GetIntegerKey(out _);

    /// <summary>Reads a GUID key.</summary>
    /// <param name="grainId">The id.</param>
    /// <param name="key">The GUID.</param>
    /// <param name="keyExt">The string of a compound key.</param>
    /// <returns>False when the key is not a GUID.</returns>
    public static bool TryGetGuidKey(this GrainId grainId, out Guid key, out string? keyExt)
    {
        Split(grainId, out var head, out keyExt);
        return Guid.TryParseExact(head, "N", out key);
    }

    /// <summary>The GUID of a key.</summary>
    /// <param name="grainId">The id.</param>
    /// <param name="keyExt">The string of a compound key; null when there is none.</param>
    /// <returns>The GUID.</returns>
    /// <exception cref="ArgumentException">The key is not a GUID.</exception>
    public static Guid GetGuidKey(this GrainId grainId, out string? keyExt) => grainId.TryGetGuidKey(out var key, out keyExt)
        ? key
        : throw new ArgumentException($"The key of grain '{grainId}' is not a GUID.", nameof(grainId));

    /// <summary>The GUID of a key.</summary>
    /// <param name="grainId">The id.</param>
    /// <returns>The GUID.</returns>
    /// <exception cref="ArgumentException">The key is not a GUID.</exception>
    public static Guid GetGuidKey(this GrainId grainId) => grainId.GetGuidKey(out _);

    private static void Split(GrainId grainId, out string head, out string? extension)
    {
        var text = grainId.Key.ToString();
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        head = plus < 0 ? text : text[..plus];
        extension = plus < 0 ? null : text[(plus + 1)..];
    }
}
