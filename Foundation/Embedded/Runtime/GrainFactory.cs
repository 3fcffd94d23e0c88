namespace Orleans.Embedded;

/// <summary>Makes grain references for a silo or a client.</summary>
internal class GrainFactory(CallClient client) : IGrainFactory
{
    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey =>
        (TGrainInterface)(object)Get(typeof(TGrainInterface), GrainIdKeyExtensions.CreateGuidKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey =>
        (TGrainInterface)(object)Get(typeof(TGrainInterface), GrainIdKeyExtensions.CreateIntegerKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)(object)Get(typeof(TGrainInterface), StringKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey =>
        (TGrainInterface)(object)Get(
            typeof(TGrainInterface), GrainIdKeyExtensions.CreateGuidKey(primaryKey, Extension(keyExtension)), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey =>
        (TGrainInterface)(object)Get(
            typeof(TGrainInterface), GrainIdKeyExtensions.CreateIntegerKey(primaryKey, Extension(keyExtension)), grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, StringKey(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey, Extension(keyExtension)), null);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey, Extension(keyExtension)), null);

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (!typeof(TGrainObserverInterface).IsInterface)
        {
            throw new ArgumentException($"'{typeof(TGrainObserverInterface)}' is not an interface; name the observer's interface.", nameof(obj));
        }

        if (obj is GrainReference or IGrainBase)
        {
            throw new ArgumentException(
                $"'{obj}' is a grain or a reference already; pass it on with AsReference<{typeof(TGrainObserverInterface).Name}>().", nameof(obj));
        }

        if (obj is not TGrainObserverInterface)
        {
            throw new ArgumentException($"The object of type '{obj.GetType()}' does not implement '{typeof(TGrainObserverInterface)}'.", nameof(obj));
        }

        return (TGrainObserverInterface)(object)client.References.Create(client.Objects.Add(obj), typeof(TGrainObserverInterface));
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is not GrainReference reference)
        {
            throw new ArgumentException($"'{obj.GetType()}' is not a reference; pass what CreateObjectReference returned.", nameof(obj));
        }

        if (!client.Objects.Remove(reference.GrainId))
        {
            throw new ArgumentException(
                $"'{reference.GrainId}' is no object of this client: it was deleted before, or another client made it.", nameof(obj));
        }
    }

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => (TGrainInterface)(object)client.References.Create(grainId, typeof(TGrainInterface));

    public IAddressable GetGrain(GrainId grainId) => client.References.CreateUntyped(grainId);

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => client.References.Create(grainId, interfaceType);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) =>
        Get(interfaceType, grainKey, grainClassNamePrefix);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => Get(interfaceType, grainKey, null);

    private static IdSpan StringKey(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return IdSpan.Create(key);
    }

    private static string Extension(string extension)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(extension);
        return extension;
    }

    private GrainReference Get(Type interfaceType, IdSpan key, string? prefix) =>
        client.References.Create(GrainId.Create(client.Resolve(interfaceType, prefix), key), interfaceType);
}

/// <summary>A client of the cluster in this process.</summary>
internal sealed class ClusterClient(CallClient client) : GrainFactory(client), IClusterClient
{
    private readonly CallClient _client = client;

    public IServiceProvider ServiceProvider => _client.Services;
}
