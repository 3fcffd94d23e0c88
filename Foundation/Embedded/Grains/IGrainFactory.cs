namespace Orleans;

/// <summary>Makes references to grains. A reference is made without touching the grain, which always exists.</summary>
public interface IGrainFactory
{
    /// <summary>A reference to a grain with a GUID key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="primaryKey">The key.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface; null takes the default one.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey;

    /// <summary>A reference to a grain with an integer key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="primaryKey">The key.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface; null takes the default one.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey;

    /// <summary>A reference to a grain with a string key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="primaryKey">The key.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface; null takes the default one.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey;

    /// <summary>A reference to a grain with a GUID and a string as key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="primaryKey">The GUID.</param>
    /// <param name="keyExtension">The string.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface; null takes the default one.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey;

    /// <summary>A reference to a grain with an integer and a string as key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="primaryKey">The integer.</param>
    /// <param name="keyExtension">The string.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface; null takes the default one.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey;

    /// <summary>Makes an object callable by grains. The object is held weakly: keep it as long as it is to be called.</summary>
    /// <typeparam name="TGrainObserverInterface">The interface it is called by.</typeparam>
    /// <param name="obj">The object; neither a grain nor a reference.</param>
    /// <returns>The reference, to be passed to grains. A call of it times out when the object is gone.</returns>
    /// <exception cref="ArgumentException">The object does not implement the interface, is a grain, or is a reference already.</exception>
    TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;

    /// <summary>Ends that an object can be called.</summary>
    /// <typeparam name="TGrainObserverInterface">The interface it is called by.</typeparam>
    /// <param name="obj">The reference that <see cref="CreateObjectReference"/> made in this silo or client.</param>
    /// <exception cref="ArgumentException">It is no such reference, or was deleted before.</exception>
    void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver;

    /// <summary>A reference to a grain with a GUID key.</summary>
    /// <param name="grainInterfaceType">The grain interface.</param>
    /// <param name="grainPrimaryKey">The key.</param>
    /// <returns>The reference.</returns>
    IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey);

    /// <summary>A reference to a grain with an integer key.</summary>
    /// <param name="grainInterfaceType">The grain interface.</param>
    /// <param name="grainPrimaryKey">The key.</param>
    /// <returns>The reference.</returns>
    IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey);

    /// <summary>A reference to a grain with a string key.</summary>
    /// <param name="grainInterfaceType">The grain interface.</param>
    /// <param name="grainPrimaryKey">The key.</param>
    /// <returns>The reference.</returns>
    IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

    /// <summary>A reference to a grain with a GUID and a string as key.</summary>
    /// <param name="grainInterfaceType">The grain interface.</param>
    /// <param name="grainPrimaryKey">The GUID.</param>
    /// <param name="keyExtension">The string.</param>
    /// <returns>The reference.</returns>
    IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension);

    /// <summary>A reference to a grain with an integer and a string as key.</summary>
    /// <param name="grainInterfaceType">The grain interface.</param>
    /// <param name="grainPrimaryKey">The integer.</param>
    /// <param name="keyExtension">The string.</param>
    /// <returns>The reference.</returns>
    IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension);

    /// <summary>A reference to the grain with a given id.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="grainId">The id.</param>
    /// <returns>The reference.</returns>
    TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable;

    /// <summary>An untyped reference to the grain with a given id.</summary>
    /// <param name="grainId">The id.</param>
    /// <returns>The reference.</returns>
    IAddressable GetGrain(GrainId grainId);

    /// <summary>A reference of a given interface to the grain with a given id.</summary>
    /// <param name="grainId">The id.</param>
    /// <param name="interfaceType">The interface.</param>
    /// <returns>The reference.</returns>
    IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType);

    /// <summary>A reference to a grain by the bytes of its key.</summary>
    /// <param name="interfaceType">The grain interface.</param>
    /// <param name="grainKey">The key.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface.</param>
    /// <returns>The reference.</returns>
    IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix);

    /// <summary>A reference to a grain by the bytes of its key.</summary>
    /// <param name="interfaceType">The grain interface.</param>
    /// <param name="grainKey">The key.</param>
    /// <returns>The reference.</returns>
    IAddressable GetGrain(Type interfaceType, IdSpan grainKey);
}
