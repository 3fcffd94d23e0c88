using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Attempts;

internal sealed partial class AttemptRunner
{
    [LoggerMessage(EventId = 2220, Level = LogLevel.Debug, Message = "The attempt of task {TaskId} (epoch {Epoch}, role {Role}) failed")]
    private partial void LogFailed(TaskId taskId, long epoch, string role, Exception exception);

    [LoggerMessage(EventId = 2221, Level = LogLevel.Debug, Message = "The attempt of task {TaskId} (epoch {Epoch}) stopped: {Reason}")]
    private partial void LogStopped(TaskId taskId, long epoch, string reason, Exception? exception);

    [LoggerMessage(EventId = 2223, Level = LogLevel.Debug, Message = "Before the attempt of task {TaskId} (epoch {Epoch}) {FileCount} files of earlier ones were deleted")]
    private partial void LogSwept(TaskId taskId, long epoch, int fileCount);

    [LoggerMessage(EventId = 2224, Level = LogLevel.Warning,
        Message = "The handler of task {TaskId} (epoch {Epoch}, role {Role}) refused the checkpoint of an earlier attempt (version {Version}); the work begins from the start")]
    private partial void LogCheckpointRefused(TaskId taskId, long epoch, string role, int version);

    [LoggerMessage(EventId = 2225, Level = LogLevel.Warning,
        Message = "The memory of this worker keeps growing: from {FirstBytes} to {LastBytes} bytes in {Minutes} minutes, each of them higher than the one before; look for what its handlers keep")]
    private partial void LogMemoryGrows(long firstBytes, long lastBytes, int minutes);

    [LoggerMessage(EventId = 2222, Level = LogLevel.Warning,
        Message = "Cleaning up after task {TaskId} (epoch {Epoch}) failed; its outcome stands, what it had opened may leak")]
    private partial void LogCleanupFailed(TaskId taskId, long epoch, Exception exception);
}
