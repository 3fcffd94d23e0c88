using Npgsql;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Ends the reading of a log that was told to stop.</summary>
/// <remarks>
/// A request to cancel does not reach a server that has not begun with the statement: it takes such requests only while one runs
/// (<see href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS"/>), and the statement that begins the log then runs on. So
/// the server is asked to end the process that still reads, until it does.
/// </remarks>
/// <param name="connection">To the same server, by the same user.</param>
/// <param name="clock">Gives the time to wait.</param>
internal sealed class PostgresReaderEnd(NpgsqlConnectionStringBuilder connection, TimeProvider clock)
{
    /// <summary>How often the server is asked; then the timeout of the reading itself has to do.</summary>
    private const int AsksMax = 10;
    private const int AskTimeoutSeconds = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when the reading has ended, however it did.</summary>
    /// <param name="reading">Was cancelled.</param>
    /// <param name="processId">That of the server which serves it.</param>
    public async Task WaitAsync(Task reading, int processId)
    {
        var over = reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        for (var asked = 0; asked < AsksMax && !await IsOverAsync(over); asked++)
        {
            await AskAsync(processId);
        }

        await over;
    }

    private async Task<bool> IsOverAsync(Task over)
    {
        try
        {
            await over.WaitAsync(Patience, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task AskAsync(int processId)
    {
        var direct = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Pooling = false, Timeout = AskTimeoutSeconds, CommandTimeout = AskTimeoutSeconds };
        try
        {
            await using var asking = new NpgsqlConnection(direct.ConnectionString);
            await asking.OpenAsync(CancellationToken.None);
            await using var command = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_type = 'walsender'", asking) { Parameters = { new() { Value = processId } } };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
        {
            // The server is gone, or lets nobody in: it is asked again, and the reading feels the loss as well.
        }
    }
}
