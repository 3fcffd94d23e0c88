using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansFlow.Storage.Postgres;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>Hears what other processes write. A connection that broke is opened again, and news may then have been missed.</summary>
internal sealed partial class PostgresListener(NpgsqlDataSource database, string channel, string by, Action<RunLine?> changed, ILogger logger)
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(2);

    /// <summary>Begins to listen; completes when it does.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            connection.Notification += (_, notice) => OnNotice(notice);
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
#pragma warning disable CA2100 // The schema's name is checked: letters, digits and underscores.
                command.CommandText = $"LISTEN {channel}";
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Listens until it is stopped.</summary>
    /// <param name="connection">Of <see cref="OpenAsync"/>; disposed here.</param>
    /// <param name="stopping">Stops it.</param>
    public async Task RunAsync(NpgsqlConnection? connection, CancellationToken stopping)
    {
        var outage = NewBackOff();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (connection is null)
                {
                    connection = await OpenAsync(stopping).ConfigureAwait(false);
                    changed(null);
                }

                await connection.WaitAsync(stopping).ConfigureAwait(false);
                outage = NewBackOff();
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                LogDeaf(logger, error);
                await DropAsync().ConfigureAwait(false);
                await outage.WaitAsync(stopping).ConfigureAwait(false);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                // Asked to stop: how the wait ended does not matter.
            }
        }

        await DropAsync().ConfigureAwait(false);

        async ValueTask DropAsync()
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                connection = null;
            }
        }
    }

    private static PostgresBackOff NewBackOff() => new(DelayMax, TimeSpan.MaxValue, TimeProvider.System);

    private void OnNotice(NpgsqlNotificationEventArgs notice)
    {
        if (PostgresNotice.Read(notice.Payload, by) is { } line)
        {
            changed(line);
        }
    }

    [LoggerMessage(EventId = 6470, Level = LogLevel.Warning, Message = "The connection that hears of other processes' runs broke; it is opened again")]
    private static partial void LogDeaf(ILogger logger, Exception error);
}
