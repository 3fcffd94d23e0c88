namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Tables that belong together.</summary>
/// <param name="Name">A name that tells this content from any other, usable as a folder: kind, size and seed.</param>
/// <param name="Tables">The tables; the largest ones last.</param>
public sealed record TableSet(string Name, IReadOnlyList<GeneratedTable> Tables)
{
    /// <summary>The table of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public GeneratedTable this[string table] => Tables.FirstOrDefault(known => known.Name == table)
        ?? throw new ArgumentException($"'{Name}' has no table '{table}'. It has: {string.Join(", ", Tables.Select(known => known.Name))}.", nameof(table));
}
