namespace Orleans;

/// <summary>Shorthands over <see cref="IGrainFactory"/>.</summary>
public static class GrainFactoryExtensions
{
    /// <summary>A reference to a grain by the bytes of its key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="grainFactory">Makes the reference.</param>
    /// <param name="grainPrimaryKey">The key.</param>
    /// <param name="grainClassNamePrefix">Chooses among several classes that implement the interface.</param>
    /// <returns>The reference.</returns>
    public static TGrainInterface GetGrain<TGrainInterface>(this IGrainFactory grainFactory, IdSpan grainPrimaryKey, string grainClassNamePrefix)
        where TGrainInterface : IGrain
    {
        ArgumentNullException.ThrowIfNull(grainFactory);
        return (TGrainInterface)grainFactory.GetGrain(typeof(TGrainInterface), grainPrimaryKey, grainClassNamePrefix);
    }

    /// <summary>A reference to a grain by the bytes of its key.</summary>
    /// <typeparam name="TGrainInterface">The grain interface.</typeparam>
    /// <param name="grainFactory">Makes the reference.</param>
    /// <param name="grainPrimaryKey">The key.</param>
    /// <returns>The reference.</returns>
    public static TGrainInterface GetGrain<TGrainInterface>(this IGrainFactory grainFactory, IdSpan grainPrimaryKey)
        where TGrainInterface : IGrain
    {
        ArgumentNullException.ThrowIfNull(grainFactory);
        return (TGrainInterface)grainFactory.GetGrain(typeof(TGrainInterface), grainPrimaryKey);
    }
}
