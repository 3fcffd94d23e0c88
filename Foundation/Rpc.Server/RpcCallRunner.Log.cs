using Microsoft.Extensions.Logging;

namespace OrleansFlow.Rpc.Server;

internal sealed partial class RpcCallRunner
{
    [LoggerMessage(EventId = 6501, Level = LogLevel.Error, Message = "Handler of {Method} failed; its caller got UNKNOWN without details")]
    private partial void LogHandlerFailed(Exception exception, string method);

    [LoggerMessage(EventId = 6502, Level = LogLevel.Debug, Message = "Call of {Method} was given up by its caller")]
    private partial void LogCallAbandoned(string method);
}
