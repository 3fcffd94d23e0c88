using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>One database file that this process owns: the connection that writes, and a few that read.</summary>
internal sealed class SqliteFile : IDisposable
{
    private const int SchemaVersion = 1;
    private const int ReadersMax = 4;
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SemaphoreSlim _readerSlots = new(ReadersMax);

    static SqliteFile() => SQLitePCL.Batteries_V2.Init();

    private SqliteFile(string path, FileStream lockFile, SqliteConnection writer) => (_path, _lock, Writer) = (path, lockFile, writer);

    /// <summary>Used by the committer's thread alone; owned and disposed by it.</summary>
    public SqliteConnection Writer { get; }

    /// <summary>Opens the file, and makes its tables when they are missing.</summary>
    public static SqliteFile Open(string path, string schema)
    {
        FileStream? lockFile = null;
        SqliteConnection? writer = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            lockFile = Lock(path);
            writer = Connect(path);
            Execute(writer, "PRAGMA journal_mode = WAL");
            Execute(writer, "PRAGMA synchronous = FULL");
            Prepare(writer, path, schema);
            return new SqliteFile(path, lockFile, writer);
        }
        catch (Exception error)
        {
            writer?.Dispose();
            lockFile?.Dispose();
            throw error switch
            {
                SqliteException sqlite => Translate(sqlite, path),
                UnauthorizedAccessException or IOException => new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{path}' cannot be opened: {error.Message}", error),
                _ => error,
            };
        }
    }

    /// <summary>Runs a read on the caller's thread: rows are found by key, in pages that are nearly always in memory.</summary>
    public async ValueTask<TResult> ReadAsync<TResult>(Func<SqliteConnection, TResult> read, CancellationToken cancellationToken)
    {
        await _readerSlots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_readers.TryTake(out var connection))
            {
                connection = Connect(_path);
                Execute(connection, "PRAGMA query_only = ON");
            }

            try
            {
                return read(connection);
            }
            finally
            {
                _readers.Add(connection);
            }
        }
        catch (SqliteException error)
        {
            throw Translate(error, _path);
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    public FlowException Translate(Exception error) => error switch
    {
        FlowException flow => flow,
        SqliteException sqlite => Translate(sqlite, _path),
        _ => new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{_path}' failed ({error.Message}); whether the write took effect is not known.", error),
    };

    public void Dispose()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _readerSlots.Dispose();

        // The lock file itself stays: deleting it would let a third process lock a new file while a second still waits on the old one.
        File.Delete(_path + ".owner");
        _lock.Dispose();
    }

    private static FileStream Lock(string path)
    {
        var owner = path + ".owner";
        try
        {
            var lockFile = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Encoding.UTF8);
            return lockFile;
        }
        catch (IOException error)
        {
            var who = File.Exists(owner) ? $" (process {File.ReadAllText(owner).Trim()})" : "";
            throw new FlowException(
                FlowErrorCode.StoreInUse,
                $"The workflow store '{path}' is open in another process{who}, or twice in this one. One process has a SQLite store; several can share one in PostgreSQL.",
                error);
        }
    }

    private static void Prepare(SqliteConnection writer, string path, string schema)
    {
        using var command = writer.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        var version = Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (version == 0)
        {
            Execute(writer, $"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {SchemaVersion}; COMMIT");
        }
        else if (version != SchemaVersion)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"The workflow store '{path}' has tables of version {version}; this program reads version {SchemaVersion}.");
        }
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
        }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this project only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Source of the numbers: sqlite.org, "Result and Error Codes".</summary>
    private static FlowException Translate(SqliteException error, string path) => error.SqliteErrorCode switch
    {
        13 => new FlowException(FlowErrorCode.StoreFull, $"The store '{path}' is full; nothing of the write was kept. Free disk space.", error),
        11 or 26 => new FlowException(FlowErrorCode.StateCorrupt, $"'{path}' is damaged or is not a SQLite database: {error.Message}. Restore a copy.", error),
        _ => new FlowException(
            FlowErrorCode.StoreUnavailable, $"The store '{path}' failed ({error.Message}); whether the write took effect is not known. It is safe to try again.", error),
    };
}
