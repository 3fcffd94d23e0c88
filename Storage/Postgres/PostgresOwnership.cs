using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Postgres;

/// <summary>
/// Makes one silo at a time the owner of a store. The owner counts its row's heartbeat up; whoever waits takes the store over when the count
/// stands still for <see cref="PostgresStoreOptions.OwnerTimeout"/>, or at once when the owner has left in good order.
/// </summary>
/// <remarks>
/// Each take-over raises the owner's epoch, which every transaction of an owner checks (<c>hold_store</c>), so an owner that was only paused
/// can write no more. Silence is measured by the waiting silo's own clock, and only while it can reach the server: no two clocks are
/// compared, and a restart of the server is no silence of the owner. Technique: leases with fencing tokens, Gray and Cheriton, "Leases",
/// SOSP 1989, section 3.
/// </remarks>
internal sealed partial class PostgresOwnership : IAsyncDisposable
{
    private const string LockNotAvailable = PostgresErrorCodes.LockNotAvailable;
    private readonly PostgresSession _session;
    private readonly PostgresStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly string _owner = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName} process {Environment.ProcessId} {Guid.NewGuid():N}");
    private Task _heartbeats = Task.CompletedTask;
    private long _epoch;

    public PostgresOwnership(PostgresSession session, PostgresStoreOptions options, TimeProvider clock, ILogger logger)
    {
        _session = session;
        _options = options;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Waits until this silo owns the store.</summary>
    /// <exception cref="FlowException"><c>store_unavailable</c>: the server could not be reached for too long.</exception>
    public Task TakeAsync(CancellationToken cancellationToken) => TakeAsync(waitForTheLiving: true, cancellationToken);

    /// <summary>Takes the store from nobody, or from an owner that died; waits only to see that it is dead.</summary>
    /// <exception cref="FlowException"><c>store_in_use</c>: its owner is alive. <c>store_unavailable</c>.</exception>
    public Task TakeFromTheDeadAsync(CancellationToken cancellationToken) => TakeAsync(waitForTheLiving: false, cancellationToken);

    /// <summary>Leaves the store to whoever waits. The last write must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _heartbeats;
        if (_epoch > 0 && !_session.Lost.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _session.OpenConnectionAsync(CancellationToken.None);
                await ExecuteAsync(connection, "UPDATE store SET owner = NULL WHERE owner_epoch = $1", _epoch, CancellationToken.None);
            }
            catch (Exception exception) when (PostgresFailures.IsOutage(exception) || exception is NpgsqlException)
            {
                // The next owner waits for the timeout instead.
                LogNotReleased(exception, _session.StoreName);
            }
        }

        _ended.Dispose();
    }

    private async Task TakeAsync(bool waitForTheLiving, CancellationToken cancellationToken)
    {
        var watch = new OwnerWatch(_options.OwnerTimeout);
        using var pause = new PeriodicTimer(watch.LookInterval, _clock);
        var begin = _clock.GetTimestamp();
        var told = false;
        while (true)
        {
            var lookedAt = _clock.GetElapsedTime(begin);
            var row = await _session.RunAsync(0, static (connection, _, token) => ReadAsync(connection, token), cancellationToken);
            if (watch.MayTake(row, lookedAt, _clock.GetElapsedTime(begin)))
            {
                if (await _session.RunAsync((this, row), static (connection, state, token) => state.Item1.TryTakeAsync(connection, state.row, token), cancellationToken))
                {
                    break;
                }

                continue;
            }

            if (!waitForTheLiving && watch.IsAlive)
            {
                throw new FlowException(FlowErrorCode.StoreInUse, $"The store {_session.StoreName} is owned by {row.Owner}, which is alive. Stop it first.");
            }

            if (waitForTheLiving && !told)
            {
                LogWaiting(_session.StoreName, row.Owner!, row.Epoch);
                told = true;
            }

            await pause.WaitForNextTickAsync(cancellationToken);
        }

        _session.OwnerEpoch = _epoch;
        LogTaken(_session.StoreName, _epoch);
        _heartbeats = BeatAsync(_ended.Token);
    }

    private static async Task<OwnerRow> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT owner, owner_epoch, heartbeat FROM store", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new OwnerRow(await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private async Task<bool> TryTakeAsync(NpgsqlConnection connection, OwnerRow seen, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await ExecuteAsync(connection, "SET LOCAL lock_timeout = 250", null, cancellationToken);
            await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock($1)", _session.LockKey, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == LockNotAvailable)
        {
            // A transaction of the silent owner is still open: its process was stopped in the middle of sending it, or its machine is gone.
            await transaction.RollbackAsync(cancellationToken);
            LogCuttingOff(_session.StoreName, seen.Owner ?? "nobody", seen.Epoch);
            await ExecuteAsync(
                connection,
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_locks
                WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND pid <> pg_backend_pid()
                    AND (classid::bigint << 32) | objid::bigint = $1
                """,
                _session.LockKey,
                cancellationToken);
            return false;
        }

        await using var take = new NpgsqlCommand(
            """
            UPDATE store SET owner = $1, owner_epoch = owner_epoch + 1, heartbeat = heartbeat + 1
            WHERE owner_epoch = $2 AND heartbeat = $3 RETURNING owner_epoch
            """,
            connection);
        take.Parameters.Add(new NpgsqlParameter { Value = _owner });
        take.Parameters.Add(new NpgsqlParameter { Value = seen.Epoch });
        take.Parameters.Add(new NpgsqlParameter { Value = seen.Heartbeat });
        var epoch = await take.ExecuteScalarAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _epoch = epoch as long? ?? 0;
        return _epoch > 0;
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(new OwnerWatch(_options.OwnerTimeout).BeatInterval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await BeatOnceAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The store is being closed.
        }
    }

    private async Task BeatOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _session.OpenConnectionAsync(cancellationToken);
            if (await ExecuteAsync(connection, "UPDATE store SET heartbeat = heartbeat + 1 WHERE owner_epoch = $1", _epoch, cancellationToken) == 0)
            {
                LogLost(_session.StoreName, _epoch);
                _session.ReportLost();
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The next beat tries again; what may be written meanwhile is decided by the epoch in the database, not here.
            LogBeatFailed(exception, _session.StoreName);
        }
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, long? value, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Literals of this class only.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        if (value is { } number)
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
