namespace Orleans.Runtime;

/// <summary>Shorthands over <see cref="IGrainContext"/>.</summary>
public static class GrainContextExtensions
{
    /// <summary>Ends an activation and waits for its end.</summary>
    /// <param name="grainContext">The activation.</param>
    /// <param name="deactivationReason">Why.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting for a graceful end.</param>
    /// <returns>A task that ends when the activation has ended. Awaiting it inside the activation's own turn never ends.</returns>
    [Obsolete("Call IGrainContext.Deactivate and, where the end matters, await IGrainContext.Deactivated.")]
    public static Task DeactivateAsync(
        this IGrainContext grainContext, DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grainContext);
        grainContext.Deactivate(deactivationReason, cancellationToken);
        return grainContext.Deactivated;
    }
}
