using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Makes what callers see of a run's state.</summary>
internal static class Summaries
{
    public static WorkflowRunSummary Of(RunId run, WorkflowRunState state) => new()
    {
        Id = run,
        Workflow = new(state.Workflow.Name, state.Workflow.Version),
        Hash = state.Workflow.Hash,
        Status = state.Status,
        StartedUtc = state.StartedUtc,
        EndedUtc = state.EndedUtc,
        Outputs = state.Status == WorkflowRunStatus.Completed ? state.Outputs : [],
        Failure = state.Failure ?? state.Reason,
        FailureCode = state.FailureCode,
        PendingCount = state.Pending.Count,
        InFlightCount = InFlightCount(state),
        WaitingCount = state.Items.Count - state.Pending.Count - InFlightCount(state),
        NextDueUtc = state.IsFinal ? null : state.NextDueUtc,
        IdempotencyKey = state.IdempotencyKey,
        ParentRun = state.ParentRun,
        Attributes = state.Attributes,
    };

    public static int InFlightCount(WorkflowRunState state) => state.LaneTop - state.FreeLanes.Count;

    public static StoredContext ContextOf(WorkflowRunState state) => new(state.SnapshotVersion, state.Snapshot, state.Deltas);

    public static WorkItemSummary Of(WorkflowRunState state, WorkItem item) =>
        new(item.Id, NodeOf(state, item), StateOf(item.Status), item.Attempts, item.Input) { Worker = item.Worker, DueUtc = item.DueUtc, Signal = item.Signal };

    public static string NodeOf(WorkflowRunState state, WorkItem item) => item.Node >= 0 ? state.Workflow.Nodes[item.Node].Name : item.Update ?? "";

    public static WorkItemState StateOf(WorkItemStatus status) => status switch
    {
        WorkItemStatus.Pending => WorkItemState.Pending,
        WorkItemStatus.InProgress => WorkItemState.InProgress,
        WorkItemStatus.WaitingRetry => WorkItemState.WaitingRetry,
        WorkItemStatus.PermanentlyFailed => WorkItemState.PermanentlyFailed,
        _ => WorkItemState.Waiting,
    };
}
