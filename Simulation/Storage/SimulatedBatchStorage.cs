using System.Text.Json;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Storage;

namespace OrleansFlow.Simulation.Storage;

/// <summary>The same with transactions over several rows, as the product's stores have them.</summary>
internal sealed class SimulatedBatchStorage(SimulatedStore store, SimulatedProcess process, JsonSerializerOptions json)
    : SimulatedGrainStorage(store, process, json), IGrainStorageBatch
{
    // Awaited here, so that whoever combines it with others does so on its own scheduler.
    public async Task WriteAsync(string grain, IReadOnlyList<GrainStateChange> changes, CancellationToken cancellationToken) =>
        await Store.WriteAllAsync(Process, GrainId.Parse(grain), [.. changes.Select(Text)]);

    private (GrainStateChange Change, byte[]? Json) Text(GrainStateChange change) =>
        (change, change.State is null ? null : JsonSerializer.SerializeToUtf8Bytes(change.State, change.StateType, Json));
}
