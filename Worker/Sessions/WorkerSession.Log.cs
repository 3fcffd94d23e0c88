using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Sessions;

public sealed partial class WorkerSession
{
    [LoggerMessage(EventId = 2200, Level = LogLevel.Information,
        Message = "Worker {WorkerId} serves [{Roles}] with {SlotCount} slots for {Gateway} (session {SessionId})")]
    private partial void LogRegistered(WorkerId workerId, string gateway, string sessionId, int slotCount, string roles);

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning,
        Message = "No session with {Gateway} for {DownSeconds:0.0} s: {Reason}; running attempts go on and the worker keeps trying")]
    private partial void LogLost(string gateway, double downSeconds, string reason);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Debug, Message = "Another try to reach {Gateway} failed")]
    private partial void LogStillLost(string gateway, Exception? exception);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning,
        Message = "No heartbeat was answered for {LeaseSeconds} s: {AttemptCount} attempts lose their leases and stop; other workers will repeat them")]
    private partial void LogFenced(double leaseSeconds, int attemptCount);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Information, Message = "Worker {WorkerId} was told to drain: {Reason}")]
    private partial void LogDrainAsked(WorkerId workerId, string reason);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Information,
        Message = "Worker {WorkerId} is stopping; {AttemptCount} attempts have {GraceSeconds} s to end")]
    private partial void LogStopping(WorkerId workerId, int attemptCount, double graceSeconds);

    [LoggerMessage(EventId = 2285, Level = LogLevel.Warning,
        Message = "Worker {WorkerId} leaves with {JobCount} streaming jobs that did not move within {GraceSeconds} s; they go on from their last checkpoint")]
    private partial void LogJobsLeft(WorkerId workerId, int jobCount, double graceSeconds);

    [LoggerMessage(EventId = 2206, Level = LogLevel.Information, Message = "Worker {WorkerId} has left")]
    private partial void LogEnded(WorkerId workerId);

    [LoggerMessage(EventId = 2242, Level = LogLevel.Information,
        Message = "Worker {WorkerId} found the unsent effects of {AttemptCount} attempts of the process before it; they are sent now")]
    private partial void LogRecovered(WorkerId workerId, int attemptCount);

    [LoggerMessage(EventId = 2243, Level = LogLevel.Warning,
        Message = "Worker {WorkerId} has come to cluster {ClusterId}; its {AttemptCount} attempts were for {FormerClusterId} and are forgotten")]
    private partial void LogOtherCluster(WorkerId workerId, string clusterId, string formerClusterId, int attemptCount);
}
