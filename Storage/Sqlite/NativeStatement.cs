using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>A prepared statement of the writing connection, without the parameter objects and readers of ADO.NET: they cost more than the statement. Used by one thread.</summary>
/// <remarks>Bind every parameter in its order, beginning with the first, then <see cref="Run"/>.</remarks>
internal sealed class NativeStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _text = new byte[256];
    private int _bound;

    /// <exception cref="SqliteException">It cannot be prepared.</exception>
    public NativeStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public NativeStatement Text(string value)
    {
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most)
        {
            _text = new byte[most];
        }

        Check(raw.sqlite3_bind_text(_statement, ++_bound, _text.AsSpan(0, Encoding.UTF8.GetBytes(value, _text))));
        return this;
    }

    public NativeStatement Number(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    public NativeStatement Bytes(ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Runs the statement with what was bound.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="SqliteException">It failed; what it did is undone.</exception>
    public int Run()
    {
        int result;
        do
        {
            result = raw.sqlite3_step(_statement);
        }
        while (result == raw.SQLITE_ROW);

        // Says once more what the step said; the statement can be used again either way.
        var reset = raw.sqlite3_reset(_statement);
        _bound = 0;
        Check(result == raw.SQLITE_DONE ? reset : result);
        return raw.sqlite3_changes(_database);
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
