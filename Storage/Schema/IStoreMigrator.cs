using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Schema;

/// <summary>Creates a store's tables and raises them to the version that this build knows. Every silo does so at its start, <c>flow db migrate</c> on demand.</summary>
public interface IStoreMigrator
{
    /// <summary>Brings the tables to <see cref="StoreMigrator.LatestVersion"/>. Safe to repeat, and safe in several processes at once: one does the work, the others wait.</summary>
    /// <param name="cancellationToken">Gives up; each step is one transaction, so the store is whole then.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>, <c>store_full</c>; <c>state_corrupt</c>: no store, or one of a newer version.</exception>
    Task<StoreMigrationResult> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Reads what the store says about itself, without changing it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when it has no tables yet.</returns>
    /// <exception cref="FlowException"><c>store_unavailable</c>, <c>state_corrupt</c>.</exception>
    Task<StoreInfo?> ReadAsync(CancellationToken cancellationToken);
}
