using Microsoft.Extensions.Logging;

namespace OrleansFlow.Silo.Gateway.Sessions;

internal sealed partial class GatewaySession
{
    [LoggerMessage(EventId = 6221, Level = LogLevel.Information,
        Message = "Worker {WorkerId} registered session {SessionId} from {Peer} with {Slots} slots; it still runs {HeldCount} leases, {LostCount} of them lost")]
    private partial void LogRegistered(string workerId, string sessionId, string peer, int slots, int heldCount, int lostCount);

    [LoggerMessage(EventId = 6222, Level = LogLevel.Information, Message = "Session {SessionId} of worker {WorkerId} ended; said good-bye: {Clean}")]
    private partial void LogDisconnected(string workerId, string sessionId, bool clean);

    [LoggerMessage(EventId = 6223, Level = LogLevel.Information,
        Message = "Session {SessionId} of worker {WorkerId} was lost ({Reason}); its leases end after the reconnect grace")]
    private partial void LogLost(string workerId, string sessionId, string reason);

    [LoggerMessage(EventId = 6226, Level = LogLevel.Warning,
        Message = "Session {SessionId} of worker {WorkerId} failed in a way that nobody foresaw; its leases end after the reconnect grace")]
    private partial void LogFailed(Exception exception, string workerId, string sessionId);

    [LoggerMessage(EventId = 6224, Level = LogLevel.Debug, Message = "Session {SessionId} of worker {WorkerId} ended because the silo stops")]
    private partial void LogStopped(Exception exception, string workerId, string sessionId);

    [LoggerMessage(EventId = 6225, Level = LogLevel.Warning,
        Message = "The end of session {SessionId} of worker {WorkerId} could not be recorded; its leases stand until they expire")]
    private partial void LogDisconnectFailed(Exception exception, string workerId, string sessionId);
}
