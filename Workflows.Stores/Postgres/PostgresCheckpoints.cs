using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Keeps runs of the local mode in PostgreSQL: committed before a save returns. One process at a time may run an id.</summary>
public sealed class PostgresCheckpoints : IWorkflowCheckpoints, IAsyncDisposable
{
    private readonly PostgresRunLog _rows;

    private PostgresCheckpoints(PostgresRunLog rows) => _rows = rows;

    /// <summary>Opens a database; makes schema and tables when they do not exist.</summary>
    /// <param name="database">Where it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadOption"/>; <see cref="FlowErrorCode.StoreUnavailable"/>.</exception>
    public static async ValueTask<PostgresCheckpoints> OpenAsync(PostgresWorkflowStoreOptions database, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Check();
        var rows = new PostgresRunLog(database, NullLogger.Instance);
        try
        {
            await rows.OpenAsync(static _ => { }, cancellationToken).ConfigureAwait(false);
            return new PostgresCheckpoints(rows);
        }
        catch
        {
            await rows.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask SaveAsync(string id, WorkflowRunState run, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        await _rows.SaveCheckpointAsync(id, WorkflowRunJson.Write(run)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunState?> LoadAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return await _rows.LoadCheckpointAsync(id, cancellationToken).ConfigureAwait(false) is { } run ? WorkflowRunJson.Read(run) : null;
    }

    /// <summary>Writes what is queued and closes the connections.</summary>
    public ValueTask DisposeAsync() => _rows.DisposeAsync();
}
