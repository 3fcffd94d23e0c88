using Npgsql;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>What PostgreSQL's error codes mean to a caller. Source: PostgreSQL documentation, appendix A.</summary>
internal static class PostgresFailures
{
    /// <summary>Whether a new connection may help. What was sent may have been committed.</summary>
    public static bool IsOutage(Exception error) => error switch
    {
        PostgresException { SqlState: var state } => state is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or
            PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ReadOnlySqlTransaction or
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            || state.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException or ObjectDisposedException or InvalidOperationException => true,
        _ => false,
    };

    /// <summary>Host and database; never the user or password.</summary>
    public static string Describe(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"'{parts.Host}/{parts.Database}'";
    }

    public static FlowException Translate(Exception error, string store) => error switch
    {
        FlowException flow => flow,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            new FlowException(FlowErrorCode.StoreFull, $"The disk of the store {store} is full; nothing of the write was kept. Free disk space on its server.", error),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName } =>
            new FlowException(FlowErrorCode.StoreUnavailable, $"The store {store} refused: {Text(error)}. Correct the ConnectionString.", error),
        _ => new FlowException(
            FlowErrorCode.StoreUnavailable, $"The store {store} failed ({Text(error)}); whether the write took effect is not known. It is safe to try again.", error),
    };

    /// <summary>The server's detail can hold values; its message does not.</summary>
    private static string Text(Exception error) => error is PostgresException postgres ? $"{postgres.SqlState}: {postgres.MessageText}" : error.Message;
}
