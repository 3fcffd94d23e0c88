using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Attempts;

internal sealed partial class AttemptDispatcher
{
    [LoggerMessage(EventId = 2230, Level = LogLevel.Warning,
        Message = "Batch {BatchIndex} of task {TaskId} (epoch {Epoch}) was refused: {Reason}; the attempt stops")]
    private partial void LogBatchRefused(TaskId taskId, long epoch, int batchIndex, string reason);

    [LoggerMessage(EventId = 2231, Level = LogLevel.Debug, Message = "The outcome of task {TaskId} (epoch {Epoch}) was refused: {Reason}")]
    private partial void LogOutcomeRefused(TaskId taskId, long epoch, string reason);

    [LoggerMessage(EventId = 2232, Level = LogLevel.Warning,
        Message = "The lease of task {TaskId} (epoch {Epoch}) did not outlive the lost stream; the attempt stops and another one counts")]
    private partial void LogLost(TaskId taskId, long epoch);

    [LoggerMessage(EventId = 2233, Level = LogLevel.Error,
        Message = "The handler of task {TaskId} (epoch {Epoch}, role {Role}) did not return within {GraceSeconds} s of being stopped; "
            + "it is left behind, its slot is free, and nothing it still does counts")]
    private partial void LogAbandoned(TaskId taskId, long epoch, string role, double graceSeconds);
}
