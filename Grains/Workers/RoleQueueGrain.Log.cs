using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workers;

internal sealed partial class RoleQueueGrain
{
    [LoggerMessage(EventId = 2161, Level = LogLevel.Information, Message = "Queue {QueueKey} loaded {EntryCount} stored tasks and offers them again")]
    private partial void LogLoaded(string queueKey, int entryCount);

    [LoggerMessage(EventId = 2162, Level = LogLevel.Warning, Message = "Assigning {TaskCount} tasks to worker {WorkerId} failed; they are offered again")]
    private partial void LogAssignmentFailed(Exception exception, WorkerId workerId, int taskCount);

    [LoggerMessage(EventId = 2165, Level = LogLevel.Warning, Message = "Queue {QueueKey}: {TaskCount} tasks that need {Needs} wait for a worker that can run them: {Reason}")]
    private partial void LogUnserved(string queueKey, int taskCount, Decisions.Queues.PlacementTraits needs, string reason);

    [LoggerMessage(EventId = 2163, Level = LogLevel.Warning, Message = "The owner of {TaskId} did not say where it stands; it is asked again")]
    private partial void LogCheckFailed(Exception exception, TaskId taskId);

    [LoggerMessage(EventId = 2164, Level = LogLevel.Error, Message = "Task partition {Partition} could not be asked for the ready tasks of role {Role}; it is asked again")]
    private partial void LogPartitionNotAsked(Exception exception, string partition, string role);

    [LoggerMessage(EventId = 2172, Level = LogLevel.Warning, Message = "Queue {QueueKey} could not report to limit {Scope}; it reports again")]
    private partial void LogLimitNotTold(Exception exception, string queueKey, string scope);
}
