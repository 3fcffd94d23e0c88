using Orleans.Core;
using Orleans.Embedded;

namespace Orleans;

/// <summary>Base class of grains with one persistent state object.</summary>
/// <typeparam name="TGrainState">The state; read before <see cref="Grain.OnActivateAsync"/>.</typeparam>
public class Grain<TGrainState> : Grain
{
    private readonly IStorage<TGrainState> _storage;

    /// <summary>Stores in the provider named by <see cref="Providers.StorageProviderAttribute"/>, else in the default one.</summary>
    protected Grain() => _storage = GrainContext is null ? null! : StateComposition.ForGrainOfState<TGrainState>(GrainContext, GetType());

    /// <summary>Stores in a given storage; for tests.</summary>
    /// <param name="storage">The storage.</param>
    protected Grain(IStorage<TGrainState> storage) => _storage = storage;

    /// <summary>The state in memory; durable after <see cref="WriteStateAsync"/>.</summary>
    protected TGrainState State
    {
        get => _storage.State;
        set => _storage.State = value;
    }

    /// <summary>Removes the stored state.</summary>
    /// <returns>A task that ends when it is removed.</returns>
    protected virtual Task ClearStateAsync() => _storage.ClearStateAsync();

    /// <summary>Stores the state.</summary>
    /// <returns>A task that ends when it is stored.</returns>
    protected virtual Task WriteStateAsync() => _storage.WriteStateAsync();

    /// <summary>Reads the state again, discarding the one in memory.</summary>
    /// <returns>A task that ends when it is read.</returns>
    protected virtual Task ReadStateAsync() => _storage.ReadStateAsync();
}
