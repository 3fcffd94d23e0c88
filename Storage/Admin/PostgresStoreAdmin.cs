using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Postgres;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Storage.Admin;

/// <summary>A PostgreSQL store as an operator sees it.</summary>
internal sealed class PostgresStoreAdmin(string connectionString, string schema) : IStoreAdmin
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = schema, Enlist = false, PersistSecurityInfo = false }.ConnectionString);

    private PostgresHold? _hold;

    /// <inheritdoc/>
    public string Description => $"{PostgresStoreMigrator.Describe(connectionString)}, schema {schema}";

    /// <inheritdoc/>
    public async Task<StoreInfo> ReadInfoAsync(CancellationToken cancellationToken) =>
        await StoreMigrator.ForPostgres(connectionString, schema).ReadAsync(cancellationToken) ?? throw SqliteBackup.NoStore(Description);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRow>> ReadAsync(
        string prefix, string afterGrain, string afterName, int limit, CancellationToken cancellationToken)
    {
        _ = await ReadInfoAsync(cancellationToken);
        return await RunAsync<IReadOnlyList<StoredRow>>(async connection =>
        {
            await using var command = Command(
                connection,
                "SELECT grain, name, version, payload FROM grain_state WHERE (grain, name) > ($1, $2) AND grain >= $3 ORDER BY grain, name LIMIT $4",
                afterGrain, afterName, prefix, limit);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<StoredRow>();
            while (await reader.ReadAsync(cancellationToken) && reader.GetString(0).StartsWith(prefix, StringComparison.Ordinal))
            {
                rows.Add(new StoredRow(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3)));
            }

            return rows;
        });
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) => RunAsync<IReadOnlyList<StoredReminder>>(async connection =>
    {
        await using var command = Command(connection, "SELECT grain, name, hash, start_ticks, period_ticks, etag FROM reminder ORDER BY grain, name");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<StoredReminder>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new StoredReminder(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetString(5)));
        }

        return rows;
    });

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> HoldAsync(CancellationToken cancellationToken)
    {
        await StoreMigrator.ForPostgres(connectionString, schema).MigrateAsync(cancellationToken);
        return _hold = await PostgresHold.TakeAsync(connectionString, schema, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> FillAsync(
        IAsyncEnumerable<IReadOnlyList<StoredRow>> pages, IReadOnlyList<StoredReminder> reminders, long generation, CancellationToken cancellationToken) => RunAsync(async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "LOCK TABLE grain_state, reminder IN EXCLUSIVE MODE", cancellationToken);
        await using (var command = Command(connection, "SELECT EXISTS (SELECT 1 FROM grain_state) OR EXISTS (SELECT 1 FROM reminder)"))
        {
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                throw SqliteStoreAdmin.NotEmpty(Description);
            }
        }

        var count = 0L;
        await foreach (var page in pages.WithCancellation(cancellationToken))
        {
            await ExecuteAsync(
                connection,
                "INSERT INTO grain_state (grain, name, version, write_id, payload) SELECT grain, name, version, 0, payload FROM unnest($1, $2, $3, $4) AS rows (grain, name, version, payload)",
                cancellationToken,
                page.Select(row => row.Grain).ToArray(), page.Select(row => row.Name).ToArray(), page.Select(row => row.Version).ToArray(), page.Select(row => row.Payload).ToArray());
            count += page.Count;
        }

        foreach (var row in reminders)
        {
            await ExecuteAsync(
                connection, "INSERT INTO reminder (grain, name, hash, start_ticks, period_ticks, etag) VALUES ($1, $2, $3, $4, $5, $6)", cancellationToken,
                row.Grain, row.Name, row.Hash, row.StartTicks, row.PeriodTicks, row.ETag);
        }

        await UpdateStoreAsync(connection, "UPDATE store SET generation = $2 WHERE owner_epoch = $1 RETURNING generation", cancellationToken, generation);
        await transaction.CommitAsync(cancellationToken);
        return count;
    });

    /// <summary>Says that the database was put back to an earlier state. The store must be held, which fences off whoever owned it.</summary>
    /// <returns>The new generation.</returns>
    public Task<long> RaiseGenerationAsync(CancellationToken cancellationToken) => RunAsync(connection =>
        UpdateStoreAsync(connection, "UPDATE store SET generation = generation + 1 WHERE owner_epoch = $1 RETURNING generation", cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Changes the store's own row while this command holds the store.</summary>
    private async Task<long> UpdateStoreAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        var epoch = _hold?.Epoch ?? throw new InvalidOperationException("The store is not held.");
        await using var update = Command(connection, sql, [epoch, .. values]);
        return await update.ExecuteScalarAsync(cancellationToken) as long?
            ?? throw new FlowException(FlowErrorCode.StoreInUse, $"The store '{Description}' was taken over by a silo meanwhile; nothing was changed. Try again.");
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this class only.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> run)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync();
            return await run(connection);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw PostgresFailures.Translate(exception, Description);
        }
    }
}
