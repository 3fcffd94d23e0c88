using System.Text.RegularExpressions;

namespace OrleansFlow.Sql.Tables;

/// <summary>Finds files as the engine's globs do: <c>*</c> and <c>?</c> within a name, <c>[...]</c>, and <c>**</c> for any folders.</summary>
internal static class FileGlob
{
    private const string AnyFolders = "**";
    private static readonly char[] Marks = ['*', '?', '['];
    private static readonly TimeSpan MatchTime = TimeSpan.FromSeconds(1);

    /// <summary>The files of a path, sorted by their bytes; none when there are none.</summary>
    /// <param name="path">A full path: a file, a folder, or a glob.</param>
    /// <param name="isWanted">Which files of a folder count; a glob says itself which are meant.</param>
    public static IReadOnlyList<string> Expand(string path, Func<string, bool> isWanted)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (Directory.Exists(path))
        {
            return [.. Files(path).Where(file => isWanted(file) && !FileLister.IsHidden(Path.GetRelativePath(path, file))).Order(StringComparer.Ordinal)];
        }

        if (path.IndexOfAny(Marks) < 0)
        {
            return [];
        }

        var root = Path.GetPathRoot(path)!;
        var parts = path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        return [.. Find(root, parts).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];

    private static IEnumerable<string> Find(string folder, ReadOnlyMemory<string> parts)
    {
        var part = parts.Span[0];
        var rest = parts[1..];
        if (part == AnyFolders)
        {
            return rest.Length == 0 ? Files(folder)
                : Directory.Exists(folder)
                ? Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder).SelectMany(inner => Find(inner, rest))
                : [];
        }

        if (part.IndexOfAny(Marks) < 0)
        {
            var path = Path.Combine(folder, part);
            return rest.Length > 0 ? Find(path, rest) : File.Exists(path) ? [path] : [];
        }

        if (!Directory.Exists(folder))
        {
            return [];
        }

        var name = new Regex(Expression(part), RegexOptions.CultureInvariant | RegexOptions.Singleline, MatchTime);
        return rest.Length > 0
            ? Directory.EnumerateDirectories(folder).Where(path => name.IsMatch(Path.GetFileName(path))).SelectMany(path => Find(path, rest))
            : Directory.EnumerateFiles(folder).Where(path => name.IsMatch(Path.GetFileName(path)));
    }

    private static string Expression(string part)
    {
        var text = new System.Text.StringBuilder("\\A");
        for (var index = 0; index < part.Length; index++)
        {
            var end = part[index] == '[' ? part.IndexOf(']', Math.Min(part.Length, index + 2)) : -1;
            if (end > 0)
            {
                var content = part[(index + 1)..end];
                var isNot = content[0] is '!' or '^' && content.Length > 1;
                text.Append('[').Append(isNot ? "^" : "").Append((isNot ? content[1..] : content).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)).Append(']');
                index = end;
                continue;
            }

            text.Append(part[index] switch { '*' => ".*", '?' => ".", var other => Regex.Escape(other.ToString()) });
        }

        return text.Append("\\z").ToString();
    }
}
