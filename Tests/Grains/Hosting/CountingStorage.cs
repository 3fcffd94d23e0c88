using Orleans.Storage;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>Counts the reads of a storage.</summary>
internal sealed class CountingStorage(JsonGrainStorage inner) : IGrainStorage, IGrainStorageBatch, IGrainStorageRange
{
    /// <summary>Reads of one state.</summary>
    public int Singles { get; private set; }

    /// <summary>Reads of several.</summary>
    public int Ranges { get; private set; }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Singles++;
        return inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    public Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken) =>
        ((IGrainStorageBatch)inner).WriteAsync(grain, changes, cancellationToken);

    public Task<IReadOnlyList<StoredGrainState>> ReadRangeAsync(string grain, string from, string before, int limit, CancellationToken cancellationToken)
    {
        Ranges++;
        return ((IGrainStorageRange)inner).ReadRangeAsync(grain, from, before, limit, cancellationToken);
    }
}
