namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Names of the columns of a query, as those of a table.</summary>
internal static class ColumnNames
{
    /// <summary>The same, each once: one that was there before, in whatever case, gets the first number that is free.</summary>
    public static IReadOnlyList<string> Unique(IReadOnlyList<string> names)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var unique = new List<string>(names.Count);
        foreach (var wanted in names)
        {
            var (name, number) = (wanted, 1);
            while (!taken.Add(name))
            {
                name = $"{wanted}_{number++}";
            }

            unique.Add(name);
        }

        return unique;
    }
}
