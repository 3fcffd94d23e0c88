namespace Orleans.Placement;

/// <summary>Base class of the attributes that place a grain class.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public abstract class PlacementAttribute : Attribute
{
    /// <summary>Takes the strategy.</summary>
    /// <param name="placement">The strategy.</param>
    protected PlacementAttribute(PlacementStrategy placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        PlacementStrategy = placement;
    }

    /// <summary>Where activations go.</summary>
    public PlacementStrategy PlacementStrategy { get; }
}

/// <summary>Places the class on a silo drawn at random; see <see cref="RandomPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class RandomPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy RandomPlacement.</summary>
    public RandomPlacementAttribute()
        : base(new RandomPlacement())
    {
    }
}

/// <summary>Places the class on the caller's silo; see <see cref="PreferLocalPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class PreferLocalPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy PreferLocalPlacement.</summary>
    public PreferLocalPlacementAttribute()
        : base(new PreferLocalPlacement())
    {
    }
}

/// <summary>Places the class on a silo chosen by the hash of the grain's id; see <see cref="HashBasedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class HashBasedPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy HashBasedPlacement.</summary>
    public HashBasedPlacementAttribute()
        : base(new HashBasedPlacement())
    {
    }
}

/// <summary>Places the class on a silo with few activations; see <see cref="ActivationCountBasedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ActivationCountBasedPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy ActivationCountBasedPlacement.</summary>
    public ActivationCountBasedPlacementAttribute()
        : base(new ActivationCountBasedPlacement())
    {
    }
}

/// <summary>Places the class on a silo whose role is the grain's key; see <see cref="SiloRoleBasedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class SiloRoleBasedPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy SiloRoleBasedPlacement.</summary>
    public SiloRoleBasedPlacementAttribute()
        : base(new SiloRoleBasedPlacement())
    {
    }
}

/// <summary>Places the class on a silo with free processor time and memory; see <see cref="ResourceOptimizedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ResourceOptimizedPlacementAttribute : PlacementAttribute
{
    /// <summary>Takes the strategy ResourceOptimizedPlacement.</summary>
    public ResourceOptimizedPlacementAttribute()
        : base(new ResourceOptimizedPlacement())
    {
    }
}
