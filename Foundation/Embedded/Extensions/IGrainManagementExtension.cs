namespace Orleans.Core.Internal;

/// <summary>Ends or moves any grain from outside.</summary>
public interface IGrainManagementExtension : IGrainExtension
{
    /// <summary>Ends the activation as soon as no request is running.</summary>
    /// <returns>A task that ends when the grain has taken the request.</returns>
    ValueTask DeactivateOnIdle();

    /// <summary>Ends the activation as soon as no request is running.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the grain has taken the request.</returns>
    ValueTask DeactivateOnIdle(CancellationToken cancellationToken) => DeactivateOnIdle();

    /// <summary>Ends the activation as soon as no request is running; the next call places the grain anew.</summary>
    /// <returns>A task that ends when the grain has taken the request.</returns>
    ValueTask MigrateOnIdle();

    /// <summary>Ends the activation as soon as no request is running; the next call places the grain anew.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the grain has taken the request.</returns>
    ValueTask MigrateOnIdle(CancellationToken cancellationToken) => MigrateOnIdle();
}
