using Microsoft.Extensions.Logging;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

internal sealed partial class GraphRunGrain
{
    private void Log(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        foreach (var change in events)
        {
            switch (change)
            {
                case RunSubmitted submitted:
                    LogSubmitted(_id, submitted.Plan.Name, submitted.Plan.Nodes.Length, submitted.Plan.TaskCount);
                    break;
                case RunTaskChanged { Change: LeaseRevoked revoked } task:
                    var id = state.IdOf(task.Slot);
                    LogRevoked(id, revoked.Epoch, revoked.Worker, revoked.Detail is { } detail ? $"{revoked.Reason}. {detail}" : revoked.Reason);
                    break;
                case RunReopened reopened:
                    LogReopened(_id, reopened.Again.Count, reopened.Reason);
                    break;
                case VariablesChanged variables:
                    var keys = string.Join(", ", variables.Keys);
                    LogVariables(_id, variables.Operation, keys, variables.SensitiveHits);
                    break;
                case RunPaused paused:
                    LogPaused(_id, paused.Reason);
                    break;
                case RunResumed:
                    LogUnpaused(_id);
                    break;
                case RunStatusChanged { Status: RunStatus.Completed }:
                    LogCompleted(_id);
                    break;
                case RunAborted aborted:
                    LogAborted(_id, aborted.Status, aborted.Reason);
                    break;
                case RunCompensating begun:
                    LogCompensating(_id, begun.Outcome, state.ToCompensate.Count, begun.Reason);
                    break;
                case RunStatusChanged { Status: RunStatus.Failed or RunStatus.Cancelled } ended:
                    LogAborted(_id, ended.Status, state.CancelReason ?? state.Failure?.Message ?? "");
                    break;
            }
        }
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Run {RunId} of graph {GraphName} accepted: {NodeCount} nodes, {TaskCount} tasks")]
    private partial void LogSubmitted(RunId runId, string graphName, int nodeCount, int taskCount);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Run {RunId} completed")]
    private partial void LogCompleted(RunId runId);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Information, Message = "Run {RunId} ended as {RunStatus}: {Reason}")]
    private partial void LogAborted(RunId runId, RunStatus runStatus, string reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Information, Message = "Run {RunId} ({RunStatus}) read from storage with {LeaseCount} standing leases")]
    private partial void LogResumed(RunId runId, RunStatus runStatus, int leaseCount);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Error, Message = "Run {RunId} could not be written; its callers failed and it is read again")]
    private partial void LogWriteFailed(Exception exception, RunId runId);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Warning, Message = "Run {RunId} could not reach a queue, a worker or the catalog; it tries again")]
    private partial void LogDeliveryFailed(Exception exception, RunId runId);

    [LoggerMessage(EventId = 1007, Level = LogLevel.Information, Message = "Run {RunId} changed variables by {Operation}: {Keys}; {SensitiveHits} look like secrets")]
    private partial void LogVariables(RunId runId, string operation, string keys, int sensitiveHits);

    [LoggerMessage(EventId = 1008, Level = LogLevel.Information, Message = "Run {RunId} was paused: {Reason}")]
    private partial void LogPaused(RunId runId, string reason);

    [LoggerMessage(EventId = 1009, Level = LogLevel.Information, Message = "Run {RunId} goes on after its pause")]
    private partial void LogUnpaused(RunId runId);

    [LoggerMessage(EventId = 1060, Level = LogLevel.Information, Message = "Run {RunId} is to end as {RunStatus} and undoes {NodeCount} more nodes after the first: {Reason}")]
    private partial void LogCompensating(RunId runId, RunStatus runStatus, int nodeCount, string reason);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Information, Message = "Lease of task {TaskId} with epoch {Epoch} of worker {WorkerId} ended: {Reason}; the task is ready again")]
    private partial void LogRevoked(TaskId taskId, long epoch, WorkerId workerId, string reason);

    [LoggerMessage(EventId = 2012, Level = LogLevel.Debug, Message = "Refused {Effect} of task {TaskId} with epoch {Epoch}: {Reason}")]
    private partial void LogEffectRefused(TaskId taskId, long epoch, string effect, string reason);

    [LoggerMessage(EventId = 2013, Level = LogLevel.Warning, Message = "Run {RunId} could not ask worker {WorkerId} which leases it holds; they end by their expiry")]
    private partial void LogHolderNotAsked(Exception exception, RunId runId, WorkerId workerId);

    [LoggerMessage(EventId = 1040, Level = LogLevel.Information, Message = "Run {RunId} goes on after its end, {NodeCount} nodes begin anew: {Reason}")]
    private partial void LogReopened(RunId runId, int nodeCount, string reason);

    [LoggerMessage(EventId = 1041, Level = LogLevel.Information, Message = "Run {RunId} was deleted, with its artifacts")]
    private partial void LogDeleted(RunId runId);

    [LoggerMessage(EventId = 1043, Level = LogLevel.Warning, Message = "Run {RunId}: {FileCount} files of what task {TaskId} reads are gone; who made them is asked to make them again")]
    private partial void LogInputsLost(RunId runId, TaskId taskId, int fileCount);

    [LoggerMessage(EventId = 1044, Level = LogLevel.Warning, Message = "Run {RunId}: task {TaskId} could not read its input on its worker, but the silo can; it counts as a failed attempt")]
    private partial void LogInputsNotLost(RunId runId, TaskId taskId);

    [LoggerMessage(EventId = 1042, Level = LogLevel.Warning, Message = "Facts about run {RunId} could not be published on its stream; they are published again")]
    private partial void LogFactsNotPublished(Exception exception, RunId runId);

    [LoggerMessage(EventId = 1045, Level = LogLevel.Debug, Message = "Run {RunId} could not offer tasks to role {Role} before its commit; they are enqueued after it")]
    private partial void LogNotOfferedEarly(Exception exception, RunId runId, string role);
}
