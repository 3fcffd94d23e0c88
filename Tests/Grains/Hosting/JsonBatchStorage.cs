using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>The same with transactions over several rows, and with reads of several.</summary>
internal sealed class JsonBatchStorage : JsonGrainStorage, IGrainStorageBatch, IGrainStorageRange
{
    public Task<IReadOnlyList<StoredGrainState>> ReadRangeAsync(string grain, string from, string before, int limit, CancellationToken cancellationToken) =>
        ReadManyAsync(grain, from, before, limit);

    public Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken) => WriteAllAsync(grain, changes);
}
