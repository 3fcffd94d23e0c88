using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

internal sealed partial class TaskPartitionGrain
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "Task partition {Partition} could not be written; its callers failed and it is read again")]
    private partial void LogWriteFailed(Exception exception, string partition);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Task partition {Partition} could not reach the queue of role {Role}; it tries again")]
    private partial void LogQueueNotTold(Exception exception, string partition, string role);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Debug, Message = "Task {TaskId} refused {Effect}: {Reason}")]
    private partial void LogEffectRefused(TaskId taskId, string effect, string reason);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning, Message = "Task partition {Partition} could not ask worker {WorkerId} what it holds; its leases end by their expiry")]
    private partial void LogHolderNotAsked(Exception exception, string partition, WorkerId workerId);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Warning, Message = "Worker {WorkerId} could not be told that the lease of {TaskId} epoch {Epoch} has ended; its next heartbeat tells it")]
    private partial void LogWorkerNotTold(Exception exception, WorkerId workerId, TaskId taskId, long epoch);
}
