namespace OrleansFlow.Catalogs;

/// <summary>A registered table.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.CatalogTable")]
public sealed record CatalogTable
{
    /// <summary>Its name, by the rule of <c>IdText</c>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its columns: an encapsulated Arrow IPC message.</summary>
    [Id(1)]
    public required byte[] Schema { get; init; }

    /// <summary>Name of its manifest in the dataset store; a manifest never changes. Empty where there is a definition.</summary>
    [Id(2)]
    public required string Manifest { get; init; }

    /// <summary>Rows of all files.</summary>
    [Id(3)]
    public required long Rows { get; init; }

    /// <summary>Bytes of all files.</summary>
    [Id(4)]
    public required long Bytes { get; init; }

    /// <summary>Grows with each publication of the table, also over a drop; 0 before the first.</summary>
    [Id(5)]
    public long Version { get; init; }

    /// <summary>What kind of table it is.</summary>
    [Id(6)]
    public CatalogTableKind Kind { get; init; }

    /// <summary>The SELECT whose rows it has; null for a dataset, which has files of its own. The manifest is then empty.</summary>
    [Id(7)]
    public string? Definition { get; init; }
}

/// <summary>What a registered table is made of.</summary>
public enum CatalogTableKind
{
    /// <summary>Files that were written for it and never change.</summary>
    Dataset = 0,

    /// <summary>Files of somebody else, as they are when a statement reads them.</summary>
    Files = 1,

    /// <summary>A query.</summary>
    View = 2,
}

/// <summary>What became of a publication.</summary>
/// <param name="Accepted">Whether the table had the expected version, and now is as published.</param>
/// <param name="Current">The table as it is now; null when there is none.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.PublishReceipt")]
public sealed record PublishReceipt([property: Id(0)] bool Accepted, [property: Id(1)] CatalogTable? Current);
