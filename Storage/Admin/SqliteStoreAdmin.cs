using Microsoft.Data.Sqlite;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Schema;
using OrleansFlow.Storage.Sqlite;

namespace OrleansFlow.Storage.Admin;

/// <summary>A SQLite store as an operator sees it; works beside the silo that owns it.</summary>
internal sealed class SqliteStoreAdmin : IStoreAdmin
{
    private readonly string _path;
    private SqliteConnection? _connection;

    public SqliteStoreAdmin(string databasePath)
    {
        _path = databasePath;
        SQLitePCL.Batteries_V2.Init();
    }

    /// <inheritdoc/>
    public string Description => _path;

    /// <inheritdoc/>
    public async Task<StoreInfo> ReadInfoAsync(CancellationToken cancellationToken) =>
        await StoreMigrator.ForSqlite(_path).ReadAsync(cancellationToken) ?? throw SqliteBackup.NoStore(_path);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRow>> ReadAsync(
        string prefix, string afterGrain, string afterName, int limit, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<StoredRow>>(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                """
                SELECT grain, name, version, CAST(payload AS BLOB) FROM grain_state
                WHERE (grain, name) > ($grain, $name) AND grain >= $prefix ORDER BY grain, name LIMIT $limit
                """;
            command.Parameters.AddWithValue("$grain", afterGrain);
            command.Parameters.AddWithValue("$name", afterName);
            command.Parameters.AddWithValue("$prefix", prefix);
            command.Parameters.AddWithValue("$limit", limit);
            using var reader = command.ExecuteReader();
            var rows = new List<StoredRow>();
            while (reader.Read() && reader.GetString(0).StartsWith(prefix, StringComparison.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                rows.Add(new StoredRow(
                    reader.GetString(0), reader.GetString(1), reader.GetInt64(2), System.Text.Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(3))));
            }

            return rows;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<StoredReminder>>(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT grain, name, hash, start_ticks, period_ticks, etag FROM reminder ORDER BY grain, name";
            using var reader = command.ExecuteReader();
            var rows = new List<StoredReminder>();
            while (reader.Read())
            {
                rows.Add(new StoredReminder(
                    reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetString(5)));
            }

            return rows;
        });

    /// <inheritdoc/>
    public Task<IAsyncDisposable> HoldAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        return Task.FromResult<IAsyncDisposable>(new Hold(StoreOwnership.Take(_path)));
    }

    /// <inheritdoc/>
    public async Task<long> FillAsync(
        IAsyncEnumerable<IReadOnlyList<StoredRow>> pages, IReadOnlyList<StoredReminder> reminders, long generation, CancellationToken cancellationToken)
    {
        await StoreMigrator.ForSqlite(_path).MigrateAsync(cancellationToken);
        try
        {
            await using var connection = Connect();
            SqliteBackup.Execute(connection, "PRAGMA synchronous = FULL");
            await using var transaction = connection.BeginTransaction(deferred: false);
            if (SqliteBackup.Execute(connection, "SELECT EXISTS (SELECT 1 FROM grain_state) OR EXISTS (SELECT 1 FROM reminder)", transaction) is not 0L)
            {
                throw NotEmpty(_path);
            }

            var count = 0L;
            await foreach (var page in pages.WithCancellation(cancellationToken))
            {
                foreach (var row in page)
                {
                    SqliteBackup.Execute(
                        connection, "INSERT INTO grain_state (grain, name, version, payload) VALUES ($0, $1, $2, $3)", transaction,
                        row.Grain, row.Name, row.Version, System.Text.Encoding.UTF8.GetBytes(row.Payload));
                    count++;
                }
            }

            foreach (var row in reminders)
            {
                SqliteBackup.Execute(
                    connection, "INSERT INTO reminder (grain, name, hash, start_ticks, period_ticks, etag) VALUES ($0, $1, $2, $3, $4, $5)", transaction,
                    row.Grain, row.Name, row.Hash, row.StartTicks, row.PeriodTicks, row.ETag);
            }

            SqliteBackup.Execute(connection, "UPDATE store SET generation = $0", transaction, generation);
            await transaction.CommitAsync(cancellationToken);
            return count;
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, _path);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal static FlowException NotEmpty(string store) =>
        new(FlowErrorCode.AlreadyExists, $"The store '{store}' is not empty; nothing was copied. Name an empty one (another folder, or another --schema).");

    private Task<T> RunAsync<T>(Func<SqliteConnection, T> read)
    {
        if (!File.Exists(_path))
        {
            throw SqliteBackup.NoStore(_path);
        }

        try
        {
            if (_connection is null)
            {
                _connection = Connect();
                SqliteBackup.Execute(_connection, "PRAGMA query_only = ON");
            }

            return Task.FromResult(read(_connection));
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, _path);
        }
    }

    private SqliteConnection Connect() => SqliteBackup.Open(_path);

    private sealed class Hold(StoreOwnership ownership) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            ownership.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
