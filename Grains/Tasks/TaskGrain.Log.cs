using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

internal sealed partial class TaskGrain
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "Task {TaskId} could not be written; its callers failed and it is read again")]
    private partial void LogWriteFailed(Exception exception, TaskId taskId);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Task {TaskId} could not reach its queue or worker; it tries again")]
    private partial void LogDeliveryFailed(Exception exception, TaskId taskId);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Debug, Message = "Task {TaskId} refused {Effect}: {Reason}")]
    private partial void LogEffectRefused(TaskId taskId, string effect, string reason);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning, Message = "Task {TaskId} could not ask worker {WorkerId} whether it holds the lease; the lease ends by its expiry")]
    private partial void LogHolderNotAsked(Exception exception, TaskId taskId, WorkerId workerId);
}
