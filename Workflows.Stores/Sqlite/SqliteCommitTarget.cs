using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>Commits groups by the file's one writing connection.</summary>
internal sealed class SqliteCommitTarget(SqliteFile file, string path) : ICommitTarget<SqliteWrite>
{
    private readonly SqliteStatements _statements = new(file.Writer);

    /// <inheritdoc/>
    public string StoreName => $"'{path}'";

    /// <inheritdoc/>
    public bool MayJoin(List<SqliteWrite> group, SqliteWrite write) => true;

    /// <inheritdoc/>
    public void Commit(List<SqliteWrite> group)
    {
        _statements.Run("BEGIN IMMEDIATE");
        try
        {
            foreach (var write in group)
            {
                write.Execute(_statements);
            }

            _statements.Run("COMMIT");
        }
        catch (SqliteException)
        {
            try
            {
                _statements.Run("ROLLBACK");
            }
            catch (SqliteException)
            {
                // "no transaction is active": SQLite has undone it by itself, as it does after some errors.
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public bool IsOneWritesFault(Exception exception) => exception is SqliteException;

    /// <inheritdoc/>
    public FlowException Translate(Exception exception) => file.Translate(exception);

    /// <inheritdoc/>
    public void Dispose() => _statements.Dispose();
}
