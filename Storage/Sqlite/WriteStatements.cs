using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>The writer's prepared statements. Used by one thread.</summary>
internal sealed class WriteStatements : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _savepoint;
    private readonly SqliteCommand _release;
    private readonly SqliteCommand _rollbackTo;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _upsertReminder;
    private readonly SqliteCommand _deleteReminder;
    private readonly SqliteCommand _clearReminders;

    public WriteStatements(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _savepoint = Prepare("SAVEPOINT batch");
        _release = Prepare("RELEASE batch");
        _rollbackTo = Prepare("ROLLBACK TO batch");
        _insert = Prepare(
            "INSERT INTO grain_state (grain, name, version, payload) VALUES ($grain, $name, $next, $payload) ON CONFLICT DO NOTHING",
            "$grain", "$name", "$next", "$payload");
        _update = Prepare(
            "UPDATE grain_state SET payload = $payload, version = $next WHERE grain = $grain AND name = $name AND version = $version",
            "$payload", "$next", "$grain", "$name", "$version");
        _delete = Prepare("DELETE FROM grain_state WHERE grain = $grain AND name = $name AND version = $version", "$grain", "$name", "$version");
        _upsertReminder = Prepare(
            """
            INSERT INTO reminder (grain, name, hash, start_ticks, period_ticks, etag) VALUES ($grain, $name, $hash, $start, $period, $etag)
            ON CONFLICT (grain, name) DO UPDATE SET start_ticks = $start, period_ticks = $period, etag = $etag
            """,
            "$grain", "$name", "$hash", "$start", "$period", "$etag");
        _deleteReminder = Prepare("DELETE FROM reminder WHERE grain = $grain AND name = $name AND etag = $etag", "$grain", "$name", "$etag");
        _clearReminders = Prepare("DELETE FROM reminder");
    }

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    /// <summary>Undoes the open transaction. SQLite has already done so itself after some errors, such as a full disk.</summary>
    public void Rollback()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // "no transaction is active": what was wanted is the case.
        }
    }

    /// <summary>Begins a part of the transaction that can be undone alone.</summary>
    public void BeginPart() => _savepoint.ExecuteNonQuery();

    /// <summary>Ends the part, keeping it or not.</summary>
    public void EndPart(bool keep)
    {
        if (!keep)
        {
            _rollbackTo.ExecuteNonQuery();
        }

        _release.ExecuteNonQuery();
    }

    public bool InsertState(string grain, string name, long next, byte[] payload) => Run(_insert, grain, name, next, payload) == 1;

    public bool UpdateState(string grain, string name, long version, long next, byte[] payload) => Run(_update, payload, next, grain, name, version) == 1;

    public bool DeleteState(string grain, string name, long version) => Run(_delete, grain, name, version) == 1;

    public void UpsertReminder(string grain, string name, long hash, long startTicks, long periodTicks, string etag) =>
        Run(_upsertReminder, grain, name, hash, startTicks, periodTicks, etag);

    public bool DeleteReminder(string grain, string name, string etag) => Run(_deleteReminder, grain, name, etag) == 1;

    public void ClearReminders() => _clearReminders.ExecuteNonQuery();

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_begin, _commit, _rollback, _savepoint, _release, _rollbackTo, _insert, _update, _delete, _upsertReminder, _deleteReminder, _clearReminders])
        {
            command.Dispose();
        }
    }

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index];
        }

        return command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every caller is above and passes a literal.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        command.Prepare();
        return command;
    }
}
