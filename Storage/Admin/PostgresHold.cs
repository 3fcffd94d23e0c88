using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Storage.Admin;

/// <summary>A command that owns a PostgreSQL store as a silo does: silos that start meanwhile wait as standbys.</summary>
internal sealed class PostgresHold : IAsyncDisposable
{
    // Longer than the longest time between two heartbeats of any owner, whatever its own timeout is.
    private static readonly TimeSpan OwnerTimeout = TimeSpan.FromSeconds(6);
    private readonly PostgresSession _session;
    private readonly PostgresOwnership _ownership;

    private PostgresHold(PostgresSession session, PostgresOwnership ownership)
    {
        _session = session;
        _ownership = ownership;
    }

    /// <summary>Owner epoch of the hold; when it is no longer the store's, the hold was lost.</summary>
    public long Epoch => _session.OwnerEpoch!.Value;

    /// <exception cref="Errors.FlowException"><c>store_in_use</c>: a living silo owns the store.</exception>
    public static async Task<PostgresHold> TakeAsync(string connectionString, string schema, CancellationToken cancellationToken)
    {
        var options = new PostgresStoreOptions
        {
            ConnectionString = connectionString, Schema = schema, OwnerTimeout = OwnerTimeout, OutageTimeout = TimeSpan.Zero, WriteConnections = 1, ReadConnectionsMax = 1,
        };
        var session = new PostgresSession(options, TimeProvider.System);
        var ownership = new PostgresOwnership(session, options, TimeProvider.System, NullLogger.Instance);
        try
        {
            await session.ReadLockKeyAsync(cancellationToken);
            await ownership.TakeFromTheDeadAsync(cancellationToken);
            return new PostgresHold(session, ownership);
        }
        catch
        {
            await ownership.DisposeAsync();
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ownership.DisposeAsync();
        await _session.DisposeAsync();
    }
}
