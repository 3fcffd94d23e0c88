namespace OrleansFlow.Catalogs;

/// <summary>The tables of one namespace: what they are called, their columns, and where the manifest of their files is. Key: the namespace.</summary>
/// <remarks>Metadata only: rows never pass through it. Names are compared without case. At most <see cref="TablesMax"/> tables.</remarks>
[Alias("OrleansFlow.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithStringKey
{
    /// <summary>The namespace of tables that name no other.</summary>
    const string DefaultNamespace = "main";

    /// <summary>Most tables of a namespace. A publication writes the lines of some of them: one of 256 rows.</summary>
    const int TablesMax = 10_000;

    /// <summary>Those of the names that are tables.</summary>
    [Alias("Find")]
    Task<IReadOnlyList<CatalogTable>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>All tables by name.</summary>
    [Alias("List")]
    Task<IReadOnlyList<CatalogTable>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes a table or replaces what it refers to, in one write; durable before it returns.</summary>
    /// <param name="table">The table; its version is given by the grain.</param>
    /// <param name="expectedVersion">The version it must have; 0: it must not exist.</param>
    /// <param name="cancellationToken">Gives up waiting; the publication may have taken effect.</param>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>limit_exceeded</c>: there are too many tables.</exception>
    [Alias("Publish")]
    Task<PublishReceipt> PublishAsync(CatalogTable table, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Removes a table; its files stay until somebody clears them.</summary>
    /// <returns>Whether it was there with that version.</returns>
    [Alias("Drop")]
    Task<bool> DropAsync(string name, long expectedVersion, CancellationToken cancellationToken);
}
