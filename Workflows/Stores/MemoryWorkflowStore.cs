using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>Keeps runs in memory, as rows, so that it differs from a database in nothing but durability. For tests and for runs that may be lost.</summary>
public sealed class MemoryWorkflowStore : WorkflowLogStore
{
    private MemoryWorkflowStore(IRunLog log, WorkflowStoreOptions? options)
        : base(log, options)
    {
    }

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">Leases and clock; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static ValueTask<MemoryWorkflowStore> OpenAsync(WorkflowStoreOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(new MemoryRunLog(), options, cancellationToken);

    internal static async ValueTask<MemoryWorkflowStore> OpenAsync(IRunLog log, WorkflowStoreOptions? options, CancellationToken cancellationToken)
    {
        var store = new MemoryWorkflowStore(log, options);
        await store.OpenAsync(cancellationToken).ConfigureAwait(false);
        return store;
    }
}
