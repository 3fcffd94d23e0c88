using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workers;

internal sealed partial class WorkerGrain
{
    [LoggerMessage(EventId = 2151, Level = LogLevel.Information, Message = "Worker {WorkerId} registered session {SessionId}: {Slots} slots, {HeldCount} leases held, {LostCount} of them lost")]
    private partial void LogRegistered(WorkerId workerId, string sessionId, int slots, int heldCount, int lostCount);

    [LoggerMessage(EventId = 2152, Level = LogLevel.Warning, Message = "Worker {WorkerId} lost the stream of session {SessionId}; its leases are revoked unless it is back within {GraceMs} ms")]
    private partial void LogStreamLost(WorkerId workerId, string sessionId, double graceMs);

    [LoggerMessage(EventId = 2153, Level = LogLevel.Information, Message = "Session {SessionId} of worker {WorkerId} ended ({Reason}); {LeaseCount} leases end with it")]
    private partial void LogSessionEnded(WorkerId workerId, string sessionId, string reason, int leaseCount);

    [LoggerMessage(EventId = 2154, Level = LogLevel.Warning, Message = "Renewing {TaskId} epoch {Epoch} failed; the lease stands until it expires")]
    private partial void LogRenewalFailed(Exception exception, TaskId taskId, long epoch);

    [LoggerMessage(EventId = 2155, Level = LogLevel.Warning, Message = "Granting {TaskId} failed; its queue offers it again")]
    private partial void LogGrantFailed(Exception exception, TaskId taskId);

    [LoggerMessage(EventId = 2156, Level = LogLevel.Warning, Message = "Revoking {TaskId} epoch {Epoch} failed; the lease ends when it expires")]
    private partial void LogRevocationFailed(Exception exception, TaskId taskId, long epoch);

    [LoggerMessage(EventId = 2157, Level = LogLevel.Warning, Message = "Nothing was heard of worker {WorkerId} for {SilenceSec:0.0} s; it gets no new tasks until it is heard of")]
    private partial void LogSuspected(WorkerId workerId, double silenceSec);

    [LoggerMessage(EventId = 2158, Level = LogLevel.Information, Message = "Worker {WorkerId} is to drain: {Reason}")]
    private partial void LogDrainAsked(WorkerId workerId, string reason);

    [LoggerMessage(EventId = 2160, Level = LogLevel.Information, Message = "Worker {WorkerId} goes on, in session {SessionId}, with {LeaseCount} leases of the process before it")]
    private partial void LogAdopted(WorkerId workerId, string sessionId, int leaseCount);

    [LoggerMessage(EventId = 2107, Level = LogLevel.Warning, Message = "Queue of role {Role} could not be told what worker {WorkerId} has free; the next heartbeat tells it")]
    private partial void LogQueueNotTold(Exception exception, WorkerId workerId, string role);

    [LoggerMessage(EventId = 2159, Level = LogLevel.Warning, Message = "Worker {WorkerId} renewed its leases after {SilenceSeconds} s, more than half of the lease of {LeaseSeconds} s; nearly as much again and it loses them. See whether it is starved of processor time, paused or far away")]
    private partial void LogLateHeartbeat(WorkerId workerId, double silenceSeconds, double leaseSeconds);
}
