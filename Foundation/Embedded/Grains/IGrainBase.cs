namespace Orleans;

/// <summary>What a grain class implements; deriving from <see cref="Grain"/> is the usual way.</summary>
public interface IGrainBase
{
    /// <summary>The activation that hosts this object.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Called once, before the first request.</summary>
    /// <param name="token">Cancelled when activation takes too long.</param>
    /// <returns>A task; its failure fails every waiting caller and ends the activation.</returns>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Called after the last request; not called when the process or silo dies.</summary>
    /// <param name="reason">Why the activation ends.</param>
    /// <param name="token">Cancelled when deactivation takes too long.</param>
    /// <returns>A task; its failure is logged.</returns>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
