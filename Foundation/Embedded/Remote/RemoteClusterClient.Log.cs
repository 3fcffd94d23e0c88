using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Remote;

internal sealed partial class RemoteClusterClient
{
    [LoggerMessage(EventId = 6171, Level = LogLevel.Information, Message = "Grain calls go to gateway {Gateway} (silo {Silo} of cluster {ClusterId})")]
    private partial void LogConnected(string gateway, string silo, string clusterId);

    [LoggerMessage(EventId = 6172, Level = LogLevel.Warning, Message = "Attempt {Attempt} to reach a gateway failed; grain calls fail until one succeeds: {Reason}")]
    private partial void LogConnectFailed(int attempt, string reason);

    [LoggerMessage(EventId = 6173, Level = LogLevel.Warning, Message = "The connection to gateway {Gateway} is lost, and the calls in flight with it: {Reason}")]
    private partial void LogConnectionLost(string gateway, string reason);

    [LoggerMessage(EventId = 6174, Level = LogLevel.Information, Message = "Gateway {Gateway} is reached again after {Attempt} attempts")]
    private partial void LogReconnected(string gateway, int attempt);

    [LoggerMessage(EventId = 6175, Level = LogLevel.Error, Message = "A handler of lost connections failed; the client connects again all the same")]
    private partial void LogHandlerFailed(Exception exception);
}
