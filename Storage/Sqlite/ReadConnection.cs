using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>A connection that reads, with the statement that finds a state prepared. Used by one reader at a time; owns the connection.</summary>
internal sealed class ReadConnection : IDisposable
{
    private readonly SqliteCommand _find;
    private readonly SqliteParameter _grain = new() { ParameterName = "$grain" };
    private readonly SqliteParameter _name = new() { ParameterName = "$name" };

    public ReadConnection(SqliteConnection connection)
    {
        Connection = connection;
        _find = connection.CreateCommand();
        _find.CommandText = "SELECT version, CAST(payload AS BLOB) FROM grain_state WHERE grain = $grain AND name = $name";
        _find.Parameters.Add(_grain);
        _find.Parameters.Add(_name);
    }

    public SqliteConnection Connection { get; }

    /// <returns>The row's JSON and version; null and 0 when there is none.</returns>
    public (byte[]? Payload, long Version) FindState(string grain, string name)
    {
        (_grain.Value, _name.Value) = (grain, name);
        using var reader = _find.ExecuteReader();
        return reader.Read() ? (reader.GetFieldValue<byte[]>(1), reader.GetInt64(0)) : (null, 0);
    }

    public void Dispose()
    {
        _find.Dispose();
        Connection.Dispose();
    }
}
