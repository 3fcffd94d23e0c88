using OrleansFlow.Errors;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Keeps runs in a PostgreSQL database that any number of processes may share: each may start, do and watch all runs, and hears of what the others do.</summary>
/// <remarks>
/// A commit is accepted only where the run is as its decision supposes, so two processes never both change a run. Leases of a process that ended expire.
/// Clocks of the processes should agree to a fraction of <see cref="WorkflowStoreOptions.LeaseDuration"/>; where they do not, steps are repeated for nothing.
/// </remarks>
public sealed class PostgresWorkflowStore : WorkflowLogStore
{
    private PostgresWorkflowStore(IRunLog log, WorkflowStoreOptions? options)
        : base(log, options)
    {
    }

    /// <summary>Opens a store; makes its schema and tables when they do not exist.</summary>
    /// <param name="database">Where it is.</param>
    /// <param name="options">Leases and clock; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.BadOption"/>; <see cref="FlowErrorCode.StoreUnavailable"/>: the server cannot be reached or refused the user.
    /// </exception>
    public static async ValueTask<PostgresWorkflowStore> OpenAsync(
        PostgresWorkflowStoreOptions database, WorkflowStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Check();
        var store = new PostgresWorkflowStore(new PostgresRunLog(database, (options ?? new()).Logger), options);
        try
        {
            await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
