using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>Keeps runs of the local mode in a SQLite database of one process: on disk before a save returns. Saves of several runs share one flush.</summary>
public sealed class SqliteCheckpoints : IWorkflowCheckpoints, IAsyncDisposable
{
    private readonly SqliteRunLog _rows;

    private SqliteCheckpoints(SqliteRunLog rows) => _rows = rows;

    /// <summary>Opens a database; makes it when it does not exist.</summary>
    /// <param name="path">The database file; its folder is made when missing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StoreInUse"/>: another process, or a workflow store of this one, has it open; and as for any store.</exception>
    public static async ValueTask<SqliteCheckpoints> OpenAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rows = new SqliteRunLog(path, NullLogger.Instance);
        await rows.OpenAsync(static _ => { }, cancellationToken).ConfigureAwait(false);
        return new SqliteCheckpoints(rows);
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

    /// <summary>Writes what is queued and closes the database.</summary>
    public ValueTask DisposeAsync() => _rows.DisposeAsync();
}
