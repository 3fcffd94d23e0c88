using System.Diagnostics.CodeAnalysis;

namespace Orleans.TestingHost;

/// <content>The activations of the cluster.</content>
public sealed partial class InProcessTestCluster
{
    /// <summary>Finds the activation of a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="grainContext">The activation.</param>
    /// <returns>False when the grain is not active.</returns>
    public bool TryGetGrainContext(GrainId grainId, [NotNullWhen(true)] out IGrainContext? grainContext)
    {
        grainContext = _cluster?.TryFind(grainId);
        return grainContext is not null;
    }

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(GrainId grainId) => _cluster?.TryFind(grainId)?.Deactivated ?? Task.CompletedTask;

    /// <summary>Waits until a grain is not active.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForDeactivationAsync(IAddressable grain) => WaitForDeactivationAsync(grain.GetGrainId());

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(GrainId grainId) => _cluster?.TryFind(grainId)?.EndAsync(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "The test asked for it.")) ?? Task.CompletedTask;

    /// <summary>Deactivates a grain.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>A task that ends when it is not active.</returns>
    public Task DeactivateAsync(IAddressable grain) => DeactivateAsync(grain.GetGrainId());

    /// <summary>Moves a grain's activation: ends it, and makes one in another silo, which reads the stored state. Its memory is not carried over.</summary>
    /// <param name="grainId">The grain; nothing happens when it is not active.</param>
    /// <param name="targetSilo">Where to; null takes another silo than the one it is in, if there is one.</param>
    /// <returns>A task that ends when the new activation exists.</returns>
    /// <exception cref="ArgumentException">No silo runs at the address.</exception>
    public Task MigrateAsync(GrainId grainId, SiloAddress? targetSilo = null)
    {
        var target = targetSilo is null ? null
            : GetSiloForAddress(targetSilo)?.Runtime ?? throw new ArgumentException($"No silo runs at {targetSilo}.", nameof(targetSilo));
        return _cluster?.MoveAsync(grainId, target) ?? Task.CompletedTask;
    }

    /// <summary>Moves a grain's activation, as <see cref="MigrateAsync(GrainId, SiloAddress?)"/> does.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="targetSilo">Where to; null takes another silo than the one it is in, if there is one.</param>
    /// <returns>A task that ends when the new activation exists.</returns>
    public Task MigrateAsync(IAddressable grain, SiloAddress? targetSilo = null) => MigrateAsync(grain.GetGrainId(), targetSilo);
}
