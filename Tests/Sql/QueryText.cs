namespace OrleansFlow.Tests.Sql;

/// <summary>A query of <c>Tests/Sql/Queries</c>.</summary>
/// <param name="Name">The file's name, a dot, and its own.</param>
/// <param name="Sql">The text.</param>
/// <param name="IsOrdered">Whether the order of the rows is part of the answer.</param>
/// <param name="LocalReason">Part of the reason why it must run in one task as it is written; null for one that must be planned.</param>
public sealed record QueryText(string Name, string Sql, bool IsOrdered, string? LocalReason)
{
    private const string NameMark = "-- name: ";
    private const string OrderedMark = "-- ordered";
    private const string LocalMark = "-- local: ";

    /// <summary>All queries of all files, in order.</summary>
    public static IReadOnlyDictionary<string, QueryText> All { get; } = Directory.EnumerateFiles(Folder("Queries"), "*.sql")
        .Order(StringComparer.Ordinal)
        .SelectMany(Read)
        .ToDictionary(query => query.Name, StringComparer.Ordinal);

    /// <summary>The folder of this project with some files.</summary>
    public static string Folder(string name) => RepositoryRoot.Combine("Tests", "Sql", name);

    private static IEnumerable<QueryText> Read(string file)
    {
        string? name = null;
        var lines = new List<string>();
        foreach (var line in File.ReadLines(file).Append(NameMark))
        {
            if (!line.StartsWith(NameMark, StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }

            if (name is not null)
            {
                yield return new QueryText(
                    $"{Path.GetFileNameWithoutExtension(file)}.{name}",
                    string.Join('\n', lines.Where(text => !text.StartsWith("--", StringComparison.Ordinal))).Trim().TrimEnd(';'),
                    lines.Contains(OrderedMark),
                    lines.Find(text => text.StartsWith(LocalMark, StringComparison.Ordinal))?[LocalMark.Length..]);
            }

            name = line[NameMark.Length..];
            lines.Clear();
        }
    }
}
