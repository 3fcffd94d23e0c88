using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Commits groups by the store's one writing connection.</summary>
internal sealed class SqliteCommitTarget(SqliteConnection connection, string databasePath) : ICommitTarget<StoreWrite>
{
    private readonly WriteStatements _statements = new(connection);

    /// <inheritdoc/>
    public string StoreName => $"'{databasePath}'";

    /// <inheritdoc/>
    public bool MayJoin(List<StoreWrite> group, StoreWrite write) => true;

    /// <inheritdoc/>
    public void Commit(List<StoreWrite> group)
    {
        try
        {
            _statements.Begin();
            foreach (var write in group)
            {
                write.Execute(_statements);
            }

            _statements.Commit();
        }
        catch (SqliteException)
        {
            _statements.Rollback();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool IsOneWritesFault(Exception exception) => exception is SqliteException;

    /// <inheritdoc/>
    public FlowException Translate(Exception exception) => exception switch
    {
        FlowException flow => flow,
        SqliteException sqlite => SqliteFailures.Translate(sqlite, databasePath),
        _ => new FlowException(
            FlowErrorCode.StoreUnavailable, $"The store {StoreName} failed ({exception.Message}); whether the write took effect is not known.", exception),
    };

    /// <inheritdoc/>
    public void Dispose() => _statements.Dispose();
}
