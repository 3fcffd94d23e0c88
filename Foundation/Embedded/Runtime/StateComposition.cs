using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Providers;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>Makes the persistent states of activations.</summary>
internal static class StateComposition
{
    public static IStorage<T> ForGrainOfState<T>(IGrainContext context, Type grainClass)
    {
        var name = grainClass.GetCustomAttribute<StorageProviderAttribute>()?.ProviderName;
        return Create<T>(context, "state", name);
    }

    public static StoredState<T> Create<T>(IGrainContext context, string stateName, string? storageName)
    {
        var services = context.ActivationServices;
        var storage = string.IsNullOrEmpty(storageName)
            ? services.GetService<IGrainStorage>() ?? services.GetKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            : services.GetKeyedService<IGrainStorage>(storageName);
        if (storage is null)
        {
            var grainClass = (context as Activation)?.Class.Type.FullName ?? context.GrainId.Type.ToString();
            throw new BadProviderConfigException(string.IsNullOrEmpty(storageName)
                ? $"No default storage provider found for the state '{stateName}' of grain type {grainClass}; add one to the silo, such as AddMemoryGrainStorageAsDefault()."
                : $"No storage provider named \"{storageName}\" found for the state '{stateName}' of grain type {grainClass}; " +
                $"add it to the silo, such as AddMemoryGrainStorage(\"{storageName}\").");
        }

        var state = new StoredState<T>(stateName, context.GrainId, storage);
        if (context is Activation activation)
        {
            activation.AddStateLoader(state);
        }

        return state;
    }
}

/// <summary>A state in memory and its place in a store.</summary>
internal sealed class StoredState<T>(string stateName, GrainId grainId, IGrainStorage storage) : IPersistentState<T>, IGrainStateLoader
{
    private readonly GrainState<T> _state = new(NewValue());

    public T State
    {
        get => _state.State;
        set => _state.State = value;
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public Task LoadAsync() => ReadStateAsync();

    public async Task ReadStateAsync()
    {
        await storage.ReadStateAsync(stateName, grainId, _state);
        EnsureValue();
    }

    public Task WriteStateAsync() => storage.WriteStateAsync(stateName, grainId, _state);

    public async Task ClearStateAsync()
    {
        await storage.ClearStateAsync(stateName, grainId, _state);
        EnsureValue();
    }

    private static T NewValue() => StateValue<T>.Create();

    // A store that finds nothing may leave no value behind.
    private void EnsureValue()
    {
        if (!_state.RecordExists && _state.State is null)
        {
            _state.State = NewValue();
        }
    }
}

/// <summary>Makes empty state values.</summary>
internal static class StateValue<T>
{
    private static readonly Func<T> Factory = Choose();

    public static T Create() => Factory();

    private static Func<T> Choose()
    {
        var type = typeof(T);
        if (type.IsValueType || type == typeof(string) || type.IsInterface || type.IsArray)
        {
            return static () => default!;
        }

        if (!type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null)
        {
            return static () => Activator.CreateInstance<T>();
        }

        return type.IsAbstract
            ? static () => default!
            : static () => (T)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(T));
    }
}

/// <summary>Makes the value of parameters with a <see cref="PersistentStateAttribute"/>.</summary>
internal sealed class PersistentStateMapper : IAttributeToFactoryMapper<PersistentStateAttribute>
{
    private static readonly MethodInfo CreateMethod =
        typeof(PersistentStateMapper).GetMethod(nameof(CreateFactory), BindingFlags.NonPublic | BindingFlags.Static)!;

    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, PersistentStateAttribute metadata)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(metadata);
        var type = parameter.ParameterType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
        {
            throw new OrleansConfigurationException(
                $"Parameter '{parameter.Name}' of '{parameter.Member.DeclaringType}' has [PersistentState] but the type '{type}'; make it an IPersistentState<T>.");
        }

        var name = string.IsNullOrEmpty(metadata.StateName) ? parameter.Name! : metadata.StateName;
        return (Factory<IGrainContext, object>)CreateMethod
            .MakeGenericMethod(type.GetGenericArguments())
            .Invoke(null, [name, metadata.StorageName])!;
    }

    private static Factory<IGrainContext, object> CreateFactory<T>(string stateName, string? storageName) =>
        context => StateComposition.Create<T>(context, stateName, storageName);
}

/// <summary>Makes persistent states for code that asks in the constructor.</summary>
internal sealed class PersistentStateFactory : IPersistentStateFactory
{
    public IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config) =>
        StateComposition.Create<TState>(context, config.StateName, config.StorageName);
}
