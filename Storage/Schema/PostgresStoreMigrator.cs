using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Storage.Schema;

/// <summary>Migrates a PostgreSQL store. Its version stands in its table <c>store</c>; an advisory lock lets one process at a time work on it.</summary>
internal sealed class PostgresStoreMigrator(string connectionString, string schema) : IStoreMigrator
{
    // Half of the lock's key; the other is the schema's hash. "flow" in ASCII.
    private const int LockClass = 0x666c6f77;

    /// <inheritdoc/>
    public async Task<StoreMigrationResult> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);

            // Before the first look: a session that looked and then waits for a lock may go on believing what it saw. Ends with the session.
            await ExecuteAsync(connection, FormattableString.Invariant($"SELECT pg_advisory_lock({LockClass}, hashtext('{schema}'))"), cancellationToken);
            var first = await VersionAsync(connection, cancellationToken);
            Refuse(first);
            foreach (var migration in StoreMigration.All.Where(migration => migration.Version > first))
            {
                await MigrateAsync(connection, migration, cancellationToken);
            }

            return new StoreMigrationResult(first, StoreMigrator.LatestVersion);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException)
        {
            throw PostgresFailures.Translate(exception, Describe(connectionString));
        }
    }

    /// <inheritdoc/>
    public async Task<StoreInfo?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            var version = await VersionAsync(connection, cancellationToken);
            if (version < 2)
            {
                return version == 0 ? null : new StoreInfo(version, Generation: 1, OwnerEpoch: 0);
            }

            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT generation, owner_epoch FROM store";
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken) ? new StoreInfo(version, reader.GetInt64(0), reader.GetInt64(1)) : null;
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException)
        {
            throw PostgresFailures.Translate(exception, Describe(connectionString));
        }
    }

    /// <summary>Host and database, for messages: never user or password.</summary>
    internal static string Describe(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"'{parts.Database ?? parts.Username}' on {parts.Host}:{parts.Port}";
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, SearchPath = schema, Enlist = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private void Refuse(int version)
    {
        if (version > StoreMigrator.LatestVersion)
        {
            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"The store {Describe(connectionString)} has schema version {version}; this version knows {StoreMigrator.LatestVersion}. Use a newer OrleansFlow.");
        }
    }

    private async Task MigrateAsync(NpgsqlConnection connection, StoreMigration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (migration.Version == 1)
        {
            await ExecuteAsync(
                connection,
                $"""
                 CREATE SCHEMA IF NOT EXISTS "{schema}";
                 CREATE TABLE store (id int PRIMARY KEY CHECK (id = 1), schema_version int NOT NULL);
                 INSERT INTO store VALUES (1, 0);
                 """,
                cancellationToken);
        }

        await ExecuteAsync(connection, migration.Postgres, cancellationToken);
        await ExecuteAsync(connection, FormattableString.Invariant($"UPDATE store SET schema_version = {migration.Version}"), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>0 when there is no store in the schema.</summary>
    private async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var find = connection.CreateCommand();
        find.CommandText = "SELECT to_regclass($1) IS NOT NULL";
        find.Parameters.AddWithValue($"\"{schema}\".store");
        if (!(bool)(await find.ExecuteScalarAsync(cancellationToken))!)
        {
            return 0;
        }

        await using var read = connection.CreateCommand();
        read.CommandText = "SELECT schema_version FROM store";
        return (int)(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this folder and a schema name that its options checked.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
