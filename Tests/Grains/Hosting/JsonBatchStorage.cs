using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>The same with transactions over several rows.</summary>
internal sealed class JsonBatchStorage : JsonGrainStorage, IGrainStorageBatch
{
    public Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken) => WriteAllAsync(grain, changes);
}
