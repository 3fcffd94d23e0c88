using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>The writer's prepared statements. Used by one thread.</summary>
internal sealed class WriteStatements(SqliteConnection connection) : IDisposable
{
    private readonly NativeStatement _begin = new(connection, "BEGIN IMMEDIATE");
    private readonly NativeStatement _commit = new(connection, "COMMIT");
    private readonly NativeStatement _rollback = new(connection, "ROLLBACK");
    private readonly NativeStatement _savepoint = new(connection, "SAVEPOINT batch");
    private readonly NativeStatement _release = new(connection, "RELEASE batch");
    private readonly NativeStatement _rollbackTo = new(connection, "ROLLBACK TO batch");

    private readonly NativeStatement _insert = new(
        connection, "INSERT INTO grain_state (grain, name, version, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");

    private readonly NativeStatement _update = new(
        connection, "UPDATE grain_state SET payload = ?, version = ? WHERE grain = ? AND name = ? AND version = ?");

    private readonly NativeStatement _delete = new(connection, "DELETE FROM grain_state WHERE grain = ? AND name = ? AND version = ?");

    private readonly NativeStatement _upsertReminder = new(
        connection,
        """
        INSERT INTO reminder (grain, name, hash, start_ticks, period_ticks, etag) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (grain, name) DO UPDATE SET start_ticks = excluded.start_ticks, period_ticks = excluded.period_ticks, etag = excluded.etag
        """);

    private readonly NativeStatement _deleteReminder = new(connection, "DELETE FROM reminder WHERE grain = ? AND name = ? AND etag = ?");
    private readonly NativeStatement _clearReminders = new(connection, "DELETE FROM reminder");

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Undoes the open transaction. SQLite has already done so itself after some errors, such as a full disk.</summary>
    public void Rollback()
    {
        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // "no transaction is active": what was wanted is the case.
        }
    }

    /// <summary>Begins a part of the transaction that can be undone alone.</summary>
    public void BeginPart() => _savepoint.Run();

    /// <summary>Ends the part, keeping it or not.</summary>
    public void EndPart(bool keep)
    {
        if (!keep)
        {
            _rollbackTo.Run();
        }

        _release.Run();
    }

    public bool InsertState(string grain, string name, long next, byte[] payload) => _insert.Text(grain).Text(name).Number(next).Bytes(payload).Run() == 1;

    public bool UpdateState(string grain, string name, long version, long next, byte[] payload) =>
        _update.Bytes(payload).Number(next).Text(grain).Text(name).Number(version).Run() == 1;

    public bool DeleteState(string grain, string name, long version) => _delete.Text(grain).Text(name).Number(version).Run() == 1;

    public void UpsertReminder(string grain, string name, long hash, long startTicks, long periodTicks, string etag) =>
        _upsertReminder.Text(grain).Text(name).Number(hash).Number(startTicks).Number(periodTicks).Text(etag).Run();

    public bool DeleteReminder(string grain, string name, string etag) => _deleteReminder.Text(grain).Text(name).Text(etag).Run() == 1;

    public void ClearReminders() => _clearReminders.Run();

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<NativeStatement>)[_begin, _commit, _rollback, _savepoint, _release, _rollbackTo, _insert, _update, _delete, _upsertReminder, _deleteReminder, _clearReminders])
        {
            statement.Dispose();
        }
    }
}
