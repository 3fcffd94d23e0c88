using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>The tables of one namespace: asks the bucket, stores the bucket, tells what became of it.</summary>
internal sealed class CatalogGrain(IServiceProvider services) : Grain, ICatalogGrain
{
    private readonly CatalogStore _store = new(services);

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.LoadAsync(this.GetGrainId(), cancellationToken));

    public async Task<IReadOnlyList<CatalogTable>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var found = new List<CatalogTable>();
        foreach (var name in names.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((await _store.BucketAsync(CatalogBucket.NumberOf(name))).Find(name) is { } table)
            {
                found.Add(table);
            }
        }

        return found;
    }

    public async Task<IReadOnlyList<CatalogTable>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _store.AllAsync()).SelectMany(bucket => bucket.Tables.Values).OrderBy(table => table.Name, StringComparer.OrdinalIgnoreCase)];

    public async Task<PublishReceipt> PublishAsync(CatalogTable table, long expectedVersion, CancellationToken cancellationToken)
    {
        var number = CatalogBucket.NumberOf(table.Name);
        var (receipt, next) = (await _store.BucketAsync(number)).Publish(table, expectedVersion);
        if (next is null)
        {
            return receipt;
        }

        if (expectedVersion == 0 && (await _store.AllAsync()).Sum(bucket => bucket.Tables.Count) >= ICatalogGrain.TablesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded, $"Namespace '{this.GetPrimaryKeyString()}' holds {ICatalogGrain.TablesMax} tables, which is the most; drop one before '{table.Name}' is made.");
        }

        await WriteAsync(number, next);
        return receipt;
    }

    public async Task<bool> DropAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        var number = CatalogBucket.NumberOf(name);
        if ((await _store.BucketAsync(number)).TryDrop(name, expectedVersion) is not { } next)
        {
            return false;
        }

        await WriteAsync(number, next);
        return true;
    }

    private async Task WriteAsync(int number, CatalogBucket next)
    {
        try
        {
            await _store.WriteAsync(number, next);
        }
        catch
        {
            // Whether the row was kept is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
    }
}
