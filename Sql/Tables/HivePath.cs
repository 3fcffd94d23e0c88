namespace OrleansFlow.Sql.Tables;

/// <summary>Values that stand in a path: <c>year=2024/month=01/file.parquet</c>.</summary>
internal static class HivePath
{
    private const string Null = "__HIVE_DEFAULT_PARTITION__";

    /// <summary>Names and values of the folders above a file, outermost first. Values are as they are written; null for NULL.</summary>
    public static IReadOnlyList<KeyValuePair<string, string?>> Read(string path)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        var folders = path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        foreach (var folder in folders.AsSpan(0, folders.Length - 1))
        {
            var at = folder.IndexOf('=', StringComparison.Ordinal);
            if (at > 0)
            {
                var value = folder[(at + 1)..];
                pairs.Add(new(folder[..at], value is Null ? null : value));
            }
        }

        return pairs;
    }

    /// <summary>The names that all files have, in order; none when some file has others.</summary>
    public static IReadOnlyList<string> SharedKeys(IReadOnlyList<ListedFile> files)
    {
        IReadOnlyList<string>? shared = null;
        foreach (var file in files)
        {
            var keys = Read(file.Path).Select(pair => pair.Key).ToArray();
            if (keys.Length == 0 || keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() < keys.Length)
            {
                return [];
            }

            if (shared is null)
            {
                shared = keys;
            }
            else if (!shared.Order(StringComparer.OrdinalIgnoreCase).SequenceEqual(keys.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase))
            {
                return [];
            }
        }

        return shared ?? [];
    }

    /// <summary>The values of some names in a path.</summary>
    public static IReadOnlyList<string?> Values(string path, IReadOnlyList<string> keys)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        var pairs = Read(path);
        return [.. keys.Select(key => pairs.FirstOrDefault(pair => pair.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value)];
    }
}
