namespace Orleans.Runtime;

/// <summary>
/// Where the activations of a grain class go. Silos of this runtime share one process, so that a strategy is accepted, kept with
/// the class and otherwise without effect; in Orleans it chooses the silo.
/// </summary>
public abstract class PlacementStrategy
{
    /// <summary>Whether a grain of the class has at most one activation.</summary>
    public virtual bool IsUsingGrainDirectory => true;
}

/// <summary>A silo drawn at random.</summary>
public sealed class RandomPlacement : PlacementStrategy
{
}

/// <summary>The silo of the caller.</summary>
public sealed class PreferLocalPlacement : PlacementStrategy
{
}

/// <summary>A silo chosen by the hash of the grain's id.</summary>
public sealed class HashBasedPlacement : PlacementStrategy
{
}

/// <summary>A silo with few activations.</summary>
public sealed class ActivationCountBasedPlacement : PlacementStrategy
{
}

/// <summary>A silo whose role is the grain's key.</summary>
public class SiloRoleBasedPlacement : PlacementStrategy
{
}

/// <summary>A silo with free processor time and memory.</summary>
public sealed class ResourceOptimizedPlacement : PlacementStrategy
{
}
