using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Storage;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Storage;

/// <summary>One silo's connection to the store. States are JSON, as in the product's stores.</summary>
internal class SimulatedGrainStorage(SimulatedStore store, SimulatedProcess process, JsonSerializerOptions json) : IGrainStorage
{
    protected SimulatedStore Store => store;

    protected SimulatedProcess Process => process;

    protected JsonSerializerOptions Json => json;

    /// <summary>How states are written, by the resolvers that the grains register.</summary>
    public static JsonSerializerOptions MakeJson(IEnumerable<IJsonTypeInfoResolver> resolvers) => new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers, new DefaultJsonTypeInfoResolver()]),
    };

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = await store.ReadAsync(process, stateName, grainId);
        grainState.State = row is { } found ? JsonSerializer.Deserialize<T>(found.Json, json)! : Activator.CreateInstance<T>();
        grainState.ETag = row?.Etag!;
        grainState.RecordExists = row is not null;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(grainState.State, json);
        grainState.ETag = await store.WriteAsync(process, stateName, grainId, bytes, grainState.State, grainState.ETag);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await store.ClearAsync(process, stateName, grainId, grainState.ETag);
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null!;
        grainState.RecordExists = false;
    }
}
