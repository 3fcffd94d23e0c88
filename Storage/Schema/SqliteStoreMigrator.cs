using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Storage.Schema;

/// <summary>Migrates a SQLite database. Its version is <c>PRAGMA user_version</c>; the write lock of the database lets one process at a time do a step.</summary>
internal sealed class SqliteStoreMigrator(string databasePath) : IStoreMigrator
{
    /// <inheritdoc/>
    public Task<StoreMigrationResult> MigrateAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(databasePath))!);
            using var connection = Open(SqliteOpenMode.ReadWriteCreate);
            Execute(connection, "PRAGMA synchronous = FULL");
            return Task.FromResult(Migrate(connection, databasePath));
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, databasePath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{databasePath}' cannot be opened: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public Task<StoreInfo?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!File.Exists(databasePath))
        {
            return Task.FromResult<StoreInfo?>(null);
        }

        try
        {
            using var connection = Open(SqliteOpenMode.ReadWrite);
            return Task.FromResult(Read(connection));
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, databasePath);
        }
    }

    /// <summary>Migrates by a connection that is open already.</summary>
    internal static StoreMigrationResult Migrate(SqliteConnection connection, string databasePath)
    {
        var first = Version(connection, null);
        if (first > StoreMigrator.LatestVersion)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"The store '{databasePath}' has schema version {first}; this version knows {StoreMigrator.LatestVersion}. Use a newer OrleansFlow.");
        }

        foreach (var migration in StoreMigration.All.Where(migration => migration.Version > first))
        {
            // Immediate: waits until no other process writes, and only then looks at the version.
            using var transaction = connection.BeginTransaction(deferred: false);
            if (Version(connection, transaction) < migration.Version)
            {
                Execute(connection, migration.Sqlite, transaction);
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {migration.Version}"), transaction);
            }

            transaction.Commit();
        }

        return new StoreMigrationResult(first, StoreMigrator.LatestVersion);
    }

    /// <summary>Reads by a connection that is open already.</summary>
    internal static StoreInfo? Read(SqliteConnection connection)
    {
        var version = Version(connection, null);
        if (version < 2)
        {
            return version == 0 ? null : new StoreInfo(version, Generation: 1, OwnerEpoch: 0);
        }

        using var command = connection.CreateCommand();
        command.CommandText = "SELECT generation, owner_epoch FROM store WHERE id = 1";
        using var reader = command.ExecuteReader();
        return reader.Read() ? new StoreInfo(version, reader.GetInt64(0), reader.GetInt64(1)) : null;
    }

    private static int Version(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Literals and numbers of this folder only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = databasePath, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
