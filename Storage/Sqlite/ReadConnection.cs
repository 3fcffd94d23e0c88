using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>A connection that reads, with the statements that find states prepared. Used by one reader at a time; owns the connection.</summary>
internal sealed class ReadConnection : IDisposable
{
    private readonly SqliteCommand _find;
    private readonly SqliteParameter _grain = new() { ParameterName = "$grain" };
    private readonly SqliteParameter _name = new() { ParameterName = "$name" };

    private readonly SqliteCommand _range;

    public ReadConnection(SqliteConnection connection)
    {
        Connection = connection;
        _find = connection.CreateCommand();
        _find.CommandText = "SELECT version, CAST(payload AS BLOB) FROM grain_state WHERE grain = $grain AND name = $name";
        _find.Parameters.Add(_grain);
        _find.Parameters.Add(_name);
        _range = connection.CreateCommand();
        _range.CommandText =
            "SELECT name, version, CAST(payload AS BLOB) FROM grain_state WHERE grain = $grain AND name >= $from AND name < $before ORDER BY name LIMIT $limit";
        foreach (var parameter in (ReadOnlySpan<string>)["$grain", "$from", "$before", "$limit"])
        {
            _range.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        }
    }

    public SqliteConnection Connection { get; }

    /// <returns>The row's JSON and version; null and 0 when there is none.</returns>
    public (byte[]? Payload, long Version) FindState(string grain, string name)
    {
        (_grain.Value, _name.Value) = (grain, name);
        using var reader = _find.ExecuteReader();
        return reader.Read() ? (reader.GetFieldValue<byte[]>(1), reader.GetInt64(0)) : (null, 0);
    }

    /// <returns>The rows in the order of their names.</returns>
    public List<FoundRow> FindStates(RowRange range)
    {
        _range.Parameters[0].Value = range.Grain;
        _range.Parameters[1].Value = range.From;
        _range.Parameters[2].Value = range.Before;
        _range.Parameters[3].Value = range.Limit;
        using var reader = _range.ExecuteReader();
        var rows = new List<FoundRow>();
        while (reader.Read())
        {
            rows.Add(new FoundRow(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        }

        return rows;
    }

    public void Dispose()
    {
        _range.Dispose();
        _find.Dispose();
        Connection.Dispose();
    }
}
