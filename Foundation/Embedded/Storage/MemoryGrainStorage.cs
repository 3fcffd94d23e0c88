#pragma warning disable
namespace Orleans.Storage;
internal sealed class MemoryGrainStorage : IGrainStorage {
 public static IGrainStorage Create(IServiceProvider s, string name) => new MemoryGrainStorage();
 public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
 public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
 public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
}
