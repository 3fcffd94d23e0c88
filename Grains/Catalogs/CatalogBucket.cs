using OrleansFlow.Catalogs;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>
/// The tables of a namespace that share a row of the store, and what may become of them: a value, without grain and store. A table's name
/// says its bucket for ever, so a version that grows with each change of the bucket never comes twice for a table, dropped or not.
/// </summary>
/// <param name="Version">Grows with each change.</param>
/// <param name="Tables">The tables, by their names in lower case.</param>
internal sealed record CatalogBucket(long Version, IReadOnlyDictionary<string, CatalogTable> Tables)
{
    /// <summary>Buckets of a namespace. Part of the stored form: never changes.</summary>
    public const int Count = 256;

    /// <summary>A bucket without tables.</summary>
    /// <param name="version">Where its versions begin.</param>
    public static CatalogBucket Empty(long version) => new(version, new Dictionary<string, CatalogTable>());

    /// <summary>A bucket of tables.</summary>
    public static CatalogBucket Of(long version, IEnumerable<CatalogTable> tables) => new(version, tables.ToDictionary(table => Key(table.Name), StringComparer.Ordinal));

    /// <summary>The bucket of a name: FNV-1a over its lower-case UTF-16 units (Fowler, Noll, Vo), folded to 8 bits. The same for ever.</summary>
    public static int NumberOf(string name)
    {
        var hash = 2_166_136_261u;
        foreach (var character in Key(name))
        {
            hash = unchecked((hash ^ (byte)character) * 16_777_619u);
            hash = unchecked((hash ^ (byte)(character >> 8)) * 16_777_619u);
        }

        return (int)((hash ^ (hash >> 8) ^ (hash >> 16) ^ (hash >> 24)) & (Count - 1));
    }

    /// <summary>A table; null when there is none.</summary>
    public CatalogTable? Find(string name) => Tables.GetValueOrDefault(Key(name));

    /// <summary>Makes a table or replaces it.</summary>
    /// <returns>What the caller is told, and the bucket then; null when the table has another version than expected.</returns>
    public (PublishReceipt Receipt, CatalogBucket? Next) Publish(CatalogTable table, long expectedVersion)
    {
        var known = Find(table.Name);
        if ((known?.Version ?? 0) != expectedVersion)
        {
            return (new PublishReceipt(false, known), null);
        }

        // The name keeps the case it was made with.
        var published = table with { Name = known?.Name ?? table.Name, Version = Version + 1 };
        return (new PublishReceipt(true, published), new CatalogBucket(Version + 1, new Dictionary<string, CatalogTable>(Tables) { [Key(table.Name)] = published }));
    }

    /// <summary>Removes a table.</summary>
    /// <returns>The bucket then; null when there is no table with that version.</returns>
    public CatalogBucket? TryDrop(string name, long expectedVersion)
    {
        if (Find(name)?.Version != expectedVersion)
        {
            return null;
        }

        var left = new Dictionary<string, CatalogTable>(Tables);
        left.Remove(Key(name));
        return new CatalogBucket(Version + 1, left);
    }

    private static string Key(string name) => name.ToLowerInvariant();
}
