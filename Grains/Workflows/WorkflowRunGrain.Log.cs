using Microsoft.Extensions.Logging;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

internal sealed partial class WorkflowRunGrain
{
    [LoggerMessage(EventId = 1070, Level = LogLevel.Error, Message = "A commit of workflow run {RunId} could not be written; the run is read from the store again")]
    private partial void LogWriteFailed(Exception exception, RunId runId);

    [LoggerMessage(EventId = 1071, Level = LogLevel.Warning, Message = "Workflow run {RunId} could not deliver something; it tries again")]
    private partial void LogDeliveryFailed(Exception exception, RunId runId);

    [LoggerMessage(EventId = 1072, Level = LogLevel.Information, Message = "An effect of item {TaskId} under epoch {Epoch} was refused: {Reason}")]
    private partial void LogEffectRefused(TaskId taskId, long epoch, string reason);

    [LoggerMessage(EventId = 1073, Level = LogLevel.Information, Message = "The lease of item {Item} of workflow run {RunId} under epoch {Epoch} ended ({Reason}); it is pending again")]
    private partial void LogLeaseEnded(RunId runId, long item, long epoch, string reason);

    [LoggerMessage(EventId = 1074, Level = LogLevel.Information, Message = "Item {Item} of workflow run {RunId} failed: {Reason}")]
    private partial void LogStepFailed(RunId runId, long item, string reason);

    [LoggerMessage(EventId = 1075, Level = LogLevel.Debug, Message = "Workflow run {RunId} has ended: {Status}")]
    private partial void LogEnded(RunId runId, WorkflowRunStatus status);

    [LoggerMessage(EventId = 1076, Level = LogLevel.Debug, Message = "Workflow run {RunId} could not offer items to role {Role} before its commit; they are enqueued after it")]
    private partial void LogNotOfferedEarly(Exception exception, RunId runId, string role);

    [LoggerMessage(EventId = 1077, Level = LogLevel.Warning, Message = "Workflow run {RunId} could not ask worker {WorkerId} for its leases; expiry ends those that nobody has")]
    private partial void LogHolderNotAsked(Exception exception, RunId runId, WorkerId workerId);

    [LoggerMessage(EventId = 1078, Level = LogLevel.Warning, Message = "Facts of workflow run {RunId} could not be published; they are tried again")]
    private partial void LogFactsNotPublished(Exception exception, RunId runId);
}
