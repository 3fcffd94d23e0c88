using Orleans.Core;

namespace Orleans.Runtime;

/// <summary>A stored object of a grain, injected by <see cref="PersistentStateAttribute"/> and read before the grain activates.</summary>
/// <typeparam name="TState">Its type.</typeparam>
public interface IPersistentState<TState> : IStorage<TState>
{
}

/// <summary>Which state of which storage a parameter stands for.</summary>
public interface IPersistentStateConfiguration
{
    /// <summary>The name of the state.</summary>
    string StateName { get; }

    /// <summary>The name of the storage; null for the default one.</summary>
    string StorageName { get; }
}

/// <summary>Makes persistent states.</summary>
public interface IPersistentStateFactory
{
    /// <summary>Makes the state of an activation; it is read before the grain activates.</summary>
    /// <typeparam name="TState">The type of the value.</typeparam>
    /// <param name="context">The activation, which has not yet been activated.</param>
    /// <param name="config">Which state.</param>
    /// <returns>The state.</returns>
    IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config);
}

/// <summary>Injects a persistent state into a grain's constructor.</summary>
/// <param name="stateName">The name of the state.</param>
/// <param name="storageName">The name of the storage; null for the default one.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public class PersistentStateAttribute(string stateName, string? storageName = null)
    : Attribute, IFacetMetadata, IPersistentStateConfiguration
{
    /// <inheritdoc/>
    public string StateName { get; } = stateName;

    /// <inheritdoc/>
    public string StorageName { get; } = storageName!;
}
