using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Catalogs;

/// <summary>
/// The rows of a namespace: a head and <see cref="CatalogBucket.Count"/> buckets, so that a publication writes one bucket and not every
/// table, and is one row's write all the same. Buckets are read when they are first needed. Used by one grain, inside its turns.
/// </summary>
/// <remarks>
/// The first form kept every table in the head. Its tables are put into their buckets at the first activation, and the head is emptied last:
/// a crash before that begins again, and nothing was published in between. After a write that failed nobody knows what the row holds, so the
/// bucket is forgotten and read again.
/// </remarks>
internal sealed class CatalogStore(IServiceProvider services)
{
    private readonly IGrainStorage _storage = services.GetRequiredKeyedService<IGrainStorage>(FlowGrainStorage.Name);
    private readonly GrainState<CatalogState> _head = new(new CatalogState());
    private readonly Dictionary<int, (GrainState<CatalogBucketState> Row, CatalogBucket Bucket)> _buckets = [];
    private GrainId _grain;

    /// <summary>Reads the head, and moves the tables of the first form.</summary>
    public async Task LoadAsync(GrainId grain, CancellationToken cancellationToken)
    {
        _grain = grain;
        await _storage.ReadStateAsync("tables", _grain, _head);
        if (!_head.RecordExists || _head.State.Format == CatalogState.Segmented)
        {
            return;
        }

        var tables = StoredState.Convert(_grain.ToString(), "tables", () => _head.State.Tables.ConvertAll(row => row.ToTable()));
        foreach (var group in tables.GroupBy(table => CatalogBucket.NumberOf(table.Name)).OrderBy(group => group.Key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var begun = await BucketAsync(group.Key);
            await WriteAsync(group.Key, CatalogBucket.Of(Math.Max(begun.Version, _head.State.Version), group));
        }

        await WriteHeadAsync();
    }

    /// <summary>A bucket.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>state_corrupt</c>: its row makes no sense.</exception>
    public async Task<CatalogBucket> BucketAsync(int number)
    {
        if (_buckets.TryGetValue(number, out var known))
        {
            return known.Bucket;
        }

        var row = new GrainState<CatalogBucketState>(new CatalogBucketState());
        await _storage.ReadStateAsync(Name(number), _grain, row);
        var bucket = row.RecordExists
            ? StoredState.Convert(_grain.ToString(), Name(number), () => CatalogBucket.Of(row.State.Version, row.State.Tables.Select(table => table.ToTable())))
            : CatalogBucket.Empty(_head.State.Version);
        _buckets[number] = (row, bucket);
        return bucket;
    }

    /// <summary>All buckets.</summary>
    public async Task<IReadOnlyList<CatalogBucket>> AllAsync() => await Task.WhenAll(Enumerable.Range(0, CatalogBucket.Count).Select(BucketAsync));

    /// <summary>Stores a bucket that was read before; durable when it returns.</summary>
    public async Task WriteAsync(int number, CatalogBucket next)
    {
        if (!_head.RecordExists)
        {
            // So that a silo that knows only the first form refuses the namespace instead of taking it for an empty one.
            await WriteHeadAsync();
        }

        var row = _buckets[number].Row;
        row.State = CatalogBucketState.Of(next);
        _buckets.Remove(number);
        await _storage.WriteStateAsync(Name(number), _grain, row);
        _buckets[number] = (row, next);
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"bucket-{number}");

    private Task WriteHeadAsync()
    {
        _head.State = new CatalogState { Format = CatalogState.Segmented, Version = _head.State.Version };
        return _storage.WriteStateAsync("tables", _grain, _head);
    }
}
