using OrleansFlow.Errors;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>Keeps runs in a SQLite database of one process: each commit is on disk before it is acknowledged, and commits that come together share one flush.</summary>
/// <remarks>A file <c>PATH.lock</c> beside the database marks the process that has it open. Leases of a process that ended are void when the store is opened again.</remarks>
public sealed class SqliteWorkflowStore : WorkflowLogStore
{
    private SqliteWorkflowStore(IRunLog log, WorkflowStoreOptions? options)
        : base(log, options)
    {
    }

    /// <summary>Opens a store; makes it when it does not exist.</summary>
    /// <param name="path">The database file; its folder is made when missing.</param>
    /// <param name="options">Leases and clock; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.StoreInUse"/>: another process has it open; <see cref="FlowErrorCode.StoreUnavailable"/>; <see cref="FlowErrorCode.StateCorrupt"/>.
    /// </exception>
    public static async ValueTask<SqliteWorkflowStore> OpenAsync(string path, WorkflowStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var log = new SqliteRunLog(path, (options ?? new()).Logger);
        var store = new SqliteWorkflowStore(log, options);
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
