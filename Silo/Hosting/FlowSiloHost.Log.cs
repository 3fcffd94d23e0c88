using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Silo.Hosting;

public sealed partial class FlowSiloHost
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "Gateway serves gRPC and Flight at {GrpcUrl}, HTTP at {HttpUrl}; cluster {ClusterId}")]
    private partial void LogServing(string grpcUrl, string httpUrl, string clusterId);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning,
        Message = "The gateway listens on {BindAddress} without TLS and token because it was told to: anybody who reaches this address can run work here")]
    private partial void LogInsecure(IPAddress bindAddress);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning,
        Message = "endpoints.json in {DataFolder} could not be removed; commands may look for a silo that is gone")]
    private partial void LogEndpointsLeft(Exception exception, string dataFolder);
}

internal static partial class FlowSiloHostLog
{
    [LoggerMessage(EventId = 6004, Level = LogLevel.Warning, Message = "The silo did not stop in time or in order; what was acknowledged is stored")]
    public static partial void LogStopFailed(this ILogger logger, Exception exception);
}
