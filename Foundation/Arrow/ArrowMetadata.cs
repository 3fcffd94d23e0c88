namespace OrleansFlow.Arrow;

/// <summary>Compares key and value pairs.</summary>
internal static class ArrowMetadata
{
    /// <summary>Whether two lists hold the same pairs; implementations keep them in maps, so their order means nothing.</summary>
    public static bool Same(IReadOnlyList<KeyValuePair<string, string>> a, IReadOnlyList<KeyValuePair<string, string>> b) =>
        a.Count == b.Count && (a.Count == 0 || a.SequenceEqual(b) || Sorted(a).SequenceEqual(Sorted(b)));

    private static IEnumerable<KeyValuePair<string, string>> Sorted(IReadOnlyList<KeyValuePair<string, string>> pairs) =>
        pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal);
}
