using Npgsql;
using OrleansFlow.Errors;

namespace OrleansFlow.Storage.Postgres;

/// <summary>What PostgreSQL's error codes mean to a caller. Source: PostgreSQL 15 documentation, appendix A.</summary>
internal static class PostgresFailures
{
    /// <summary>Raised by <c>hold_store</c>: another silo has taken the store over.</summary>
    public const string Fenced = "FL001";

    /// <summary>
    /// Whether a new connection may help: the connection broke, the server restarts, is full of connections, or became read-only by a
    /// failover. What was sent may have been committed.
    /// </summary>
    public static bool IsOutage(Exception exception) => exception switch
    {
        PostgresException { SqlState: var state } => state is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or
            PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ReadOnlySqlTransaction or
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            || state.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException or ObjectDisposedException => true,
        InvalidOperationException => true, // "Connection is not open": it broke between two statements.
        _ => false,
    };

    /// <param name="exception">What Npgsql threw.</param>
    /// <param name="store">Host and database, never the password.</param>
    public static FlowException Translate(Exception exception, string store) => exception switch
    {
        FlowException flow => flow,
        PostgresException { SqlState: Fenced } => new FlowException(
            FlowErrorCode.StoreInUse, $"The store {store} was taken over by another silo; this one must not write any more and stops.", exception),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new FlowException(
            FlowErrorCode.StoreFull, $"The disk of the store {store} is full; nothing of the write was kept. Free disk space on its server.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => new FlowException(
            FlowErrorCode.StoreUnavailable, $"The store {store} refused the user: {Text(exception)}. Correct {PostgresStoreOptions.SectionName}:ConnectionString.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => new FlowException(
            FlowErrorCode.StoreUnavailable,
            $"The store {store} does not exist on its server. Create the database, or correct {PostgresStoreOptions.SectionName}:ConnectionString.",
            exception),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => new FlowException(
            FlowErrorCode.StoreUnavailable,
            $"The store {store} gave up a statement after {PostgresStoreOptions.SectionName}:StatementTimeout; nothing of it was kept. It is safe to try again.",
            exception),
        _ => new FlowException(
            FlowErrorCode.StoreUnavailable,
            $"The store {store} failed ({Text(exception)}); whether the write took effect is not known. It is safe to try again.",
            exception),
    };

    /// <summary>The server's detail can hold row values; its message does not.</summary>
    private static string Text(Exception exception) => exception is PostgresException postgres ? $"{postgres.SqlState}: {postgres.MessageText}" : exception.Message;
}
