using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Storage.Admin;

/// <summary>Backs a SQLite store up, also while a silo runs, and puts a backup back.</summary>
public static class SqliteBackup
{
    /// <summary>Ending of the file that a restore replaced.</summary>
    public const string ReplacedEnding = ".before-restore";

    private const long GenerationMax = 1L << 22;

    /// <summary>Writes a whole, consistent copy; the silo that owns the store goes on writing meanwhile.</summary>
    /// <param name="databasePath">The store.</param>
    /// <param name="file">The copy; must not exist. It is there whole or not at all.</param>
    /// <exception cref="FlowException"><c>not_found</c>: no store; <c>already_exists</c>: the file is there; <c>store_unavailable</c>, <c>store_full</c>.</exception>
    public static void Backup(string databasePath, string file)
    {
        if (File.Exists(file))
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"'{file}' exists; choose another name for the backup.");
        }

        SQLitePCL.Batteries_V2.Init();
        _ = Info(databasePath) ?? throw NoStore(databasePath);
        var temporary = file + ".tmp";
        Guarded(databasePath, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            File.Delete(temporary);
            using (var connection = Open(databasePath))
            {
                // One read transaction: a snapshot, whatever is written meanwhile.
                Execute(connection, "VACUUM INTO $0", null, temporary);
            }

            Flush(temporary);
            File.Move(temporary, file);
        });
    }

    /// <summary>Puts a backup in the place of the store and raises the generation, so that nothing leased before can write.</summary>
    /// <param name="databasePath">The store. What is there is kept beside it (<see cref="ReplacedEnding"/>).</param>
    /// <param name="file">The backup; it is not changed.</param>
    /// <param name="generation">
    /// At least this generation; 0: one more than both the store's and the backup's. Needed when the store itself is lost and had been
    /// restored before: the backup cannot know that.
    /// </param>
    /// <returns>The new generation.</returns>
    /// <exception cref="FlowException"><c>store_in_use</c>: a silo owns the store; <c>not_found</c>, <c>state_corrupt</c>: the file is no backup.</exception>
    public static long Restore(string databasePath, string file, long generation = 0)
    {
        SQLitePCL.Batteries_V2.Init();
        var backup = (File.Exists(file) ? Info(file) : null) ?? throw NoStore(file);
        if (generation is < 0 or > GenerationMax)
        {
            throw new FlowException(FlowErrorCode.BadOption, $"Generation {generation} is not from 1 to {GenerationMax}.");
        }

        return Guarded(databasePath, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(databasePath))!);
            using var ownership = StoreOwnership.Take(databasePath);
            var known = Math.Max(Known(databasePath), Known(databasePath + ReplacedEnding));
            var next = Math.Max(Math.Max(known, backup.Generation) + 1, generation);
            var incoming = databasePath + ".restoring";
            File.Copy(file, incoming, overwrite: true);
            using (var connection = Open(incoming))
            {
                if (Execute(connection, "PRAGMA quick_check") is not "ok")
                {
                    throw new FlowException(FlowErrorCode.StateCorrupt, $"'{file}' is damaged; the store was left as it is.");
                }

                SqliteStoreMigrator.Migrate(connection, incoming);
                Execute(connection, "UPDATE store SET generation = $0", null, next);
                Execute(connection, "PRAGMA journal_mode = DELETE");
            }

            Flush(incoming);
            SetAside(databasePath);
            File.Move(incoming, databasePath);
            return next;
        });
    }

    internal static FlowException NoStore(string path) =>
        new(FlowErrorCode.NotFound, $"There is no store at '{path}'. Name its folder with --data, or the server with --connection.");

    internal static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    internal static object? Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<object> values)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Literals of this folder only.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${index}"), values[index]);
        }

        return command.ExecuteScalar();
    }

    private static StoreInfo? Info(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        return Guarded(path, () =>
        {
            using var connection = Open(path);
            return SqliteStoreMigrator.Read(connection);
        });
    }

    /// <summary>The generation of a store that is to be replaced; 0 when it is not there, or damaged, which may be why it is replaced.</summary>
    private static long Known(string path)
    {
        try
        {
            return Info(path)?.Generation ?? 0;
        }
        catch (FlowException)
        {
            return 0;
        }
    }

    /// <summary>Moves the store away, whole: a journal left behind would be taken for the restored one's.</summary>
    private static void SetAside(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var connection = Open(path);
            Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // Damaged: kept as it is, its journal too.
        }

        foreach (var ending in (string[])["-wal", "-shm"])
        {
            if (File.Exists(path + ending))
            {
                File.Move(path + ending, path + ReplacedEnding + ending, overwrite: true);
            }
        }

        File.Move(path, path + ReplacedEnding, overwrite: true);
    }

    private static void Flush(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static void Guarded(string path, Action action) => Guarded(path, () =>
    {
        action();
        return true;
    });

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Files of the store '{path}' cannot be written or read: {exception.Message}", exception);
        }
    }
}
