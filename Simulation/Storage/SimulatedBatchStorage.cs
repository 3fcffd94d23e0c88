using System.Text.Json;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Storage;

namespace OrleansFlow.Simulation.Storage;

/// <summary>The same with transactions over several rows, and with reads of several, as the product's stores have them.</summary>
internal sealed class SimulatedBatchStorage(SimulatedStore store, SimulatedProcess process, JsonSerializerOptions json)
    : SimulatedGrainStorage(store, process, json), IGrainStorageBatch, IGrainStorageRange
{
    // Awaited here, so that whoever combines it with others does so on its own scheduler.
    public async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken) =>
        await Store.WriteAllAsync(Process, GrainId.Parse(grain), [.. changes.Select(Text)]);

    public async Task<IReadOnlyList<StoredGrainState>> ReadRangeAsync(string grain, string from, string before, int limit, CancellationToken cancellationToken)
    {
        var rows = await Store.ReadRangeAsync(Process, GrainId.Parse(grain), from, before, limit);
        return [.. rows.Select(row => new SimulatedState(row.State, row.Etag, row.Json, Json))];
    }

    private (GrainStateChange Change, byte[]? Json) Text(GrainStateChange change) =>
        (change, change.State is null ? null : JsonSerializer.SerializeToUtf8Bytes(change.State, change.StateType, Json));

    private sealed class SimulatedState(string name, string etag, byte[] stored, JsonSerializerOptions json) : StoredGrainState(name, etag)
    {
        public override T Read<T>() => JsonSerializer.Deserialize<T>(stored, json)!;
    }
}
