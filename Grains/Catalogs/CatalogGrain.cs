using OrleansFlow.Catalogs;
using OrleansFlow.Errors;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>The tables of one namespace. A publication is one write of the namespace's row.</summary>
internal sealed class CatalogGrain([PersistentState("tables", FlowGrainStorage.Name)] IPersistentState<CatalogState> state) : Grain, ICatalogGrain
{
    public Task<IReadOnlyList<CatalogTable>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var wanted = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return Task.FromResult<IReadOnlyList<CatalogTable>>([.. state.State.Tables.Where(row => wanted.Contains(row.Name)).Select(row => row.ToTable())]);
    }

    public Task<IReadOnlyList<CatalogTable>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CatalogTable>>([.. state.State.Tables.OrderBy(row => row.Name, StringComparer.OrdinalIgnoreCase).Select(row => row.ToTable())]);

    public async Task<PublishReceipt> PublishAsync(CatalogTable table, long expectedVersion, CancellationToken cancellationToken)
    {
        var known = Find(table.Name);
        if ((known?.Version ?? 0) != expectedVersion)
        {
            return new PublishReceipt(false, known?.ToTable());
        }

        if (known is null && state.State.Tables.Count >= ICatalogGrain.TablesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded, $"Namespace '{this.GetPrimaryKeyString()}' holds {ICatalogGrain.TablesMax} tables, which is the most; drop one before '{table.Name}' is made.");
        }

        // The name keeps the case it was made with.
        var published = table with { Name = known?.Name ?? table.Name, Version = state.State.Version + 1 };
        await WriteAsync([.. state.State.Tables.Where(row => row != known), CatalogRow.Of(published)], cancellationToken);
        return new PublishReceipt(true, published);
    }

    public async Task<bool> DropAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        var known = Find(name);
        if (known is null || known.Version != expectedVersion)
        {
            return false;
        }

        await WriteAsync([.. state.State.Tables.Where(row => row != known)], cancellationToken);
        return true;
    }

    private CatalogRow? Find(string name) => state.State.Tables.Find(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private async Task WriteAsync(List<CatalogRow> tables, CancellationToken cancellationToken)
    {
        var before = (state.State.Tables, state.State.Version);
        (state.State.Tables, state.State.Version) = (tables, state.State.Version + 1);
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        catch
        {
            // What was not stored must not be seen.
            (state.State.Tables, state.State.Version) = before;
            throw;
        }
    }
}
