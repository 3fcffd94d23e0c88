using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Tests.Workflows.Stores.Workers;

/// <summary>A store that cannot be reached while a test wants that.</summary>
internal sealed class BreakableStore(IWorkflowStore inner) : IWorkflowStore
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Nothing can be taken.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Nothing can be renewed.</summary>
    public bool IsCutOff { get; init; }

    public Task WasAsked => _asked.Task;

    public ValueTask<WorkLease?> TakeAsync(WorkFilter filter, TimeSpan wait, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        return IsBroken ? throw new FlowException(FlowErrorCode.StoreUnavailable, "The store is away.") : inner.TakeAsync(filter, wait, cancellationToken);
    }

    public ValueTask<bool> RenewAsync(StepToken lease, CancellationToken cancellationToken) =>
        IsCutOff ? throw new FlowException(FlowErrorCode.StoreUnavailable, "The store is away.") : inner.RenewAsync(lease, cancellationToken);

    public ValueTask RegisterAsync(CompiledWorkflow workflow, CancellationToken cancellationToken) => inner.RegisterAsync(workflow, cancellationToken);

    public ValueTask<CreatedRun> CreateRunAsync(NewWorkflowRun run, CancellationToken cancellationToken) => inner.CreateRunAsync(run, cancellationToken);

    public ValueTask<StepReceipt> CommitStepAsync(StepToken lease, StepOutcome outcome, CancellationToken cancellationToken) => inner.CommitStepAsync(lease, outcome, cancellationToken);

    public ValueTask<StepReceipt> FailStepAsync(StepToken lease, StepFailure failure, CancellationToken cancellationToken) => inner.FailStepAsync(lease, failure, cancellationToken);

    public ValueTask<StepReceipt> ReleaseStepAsync(StepToken lease, CancellationToken cancellationToken) => inner.ReleaseStepAsync(lease, cancellationToken);

    public ValueTask<bool> FoldContextAsync(RunId run, long version, Payload snapshot, CancellationToken cancellationToken) => inner.FoldContextAsync(run, version, snapshot, cancellationToken);

    public ValueTask SignalAsync(RunId run, string name, Payload payload, string? id, CancellationToken cancellationToken) => inner.SignalAsync(run, name, payload, id, cancellationToken);

    public ValueTask<WorkflowRunSummary> SteerAsync(RunId run, RunSteering steering, string? reason, CancellationToken cancellationToken) => inner.SteerAsync(run, steering, reason, cancellationToken);

    public ValueTask<Payload> UpdateRunAsync(RunId run, string name, Payload argument, string id, CancellationToken cancellationToken) =>
        inner.UpdateRunAsync(run, name, argument, id, cancellationToken);

    public ValueTask<WorkflowRunSummary> ResetRunAsync(RunId run, long item, CancellationToken cancellationToken) => inner.ResetRunAsync(run, item, cancellationToken);

    public ValueTask<WorkflowRunSummary> MigrateRunAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken) => inner.MigrateRunAsync(run, plan, cancellationToken);

    public ValueTask<WorkflowRunState?> GetStateAsync(RunId run, CancellationToken cancellationToken) => inner.GetStateAsync(run, cancellationToken);

    public ValueTask<bool> DeleteRunAsync(RunId run, CancellationToken cancellationToken) => inner.DeleteRunAsync(run, cancellationToken);

    public ValueTask<WorkflowRunSummary?> GetRunAsync(RunId run, CancellationToken cancellationToken) => inner.GetRunAsync(run, cancellationToken);

    public ValueTask<RunPage> ListRunsAsync(RunListFilter filter, CancellationToken cancellationToken) => inner.ListRunsAsync(filter, cancellationToken);

    public ValueTask<RunCounters?> GetMetricsAsync(RunId run, CancellationToken cancellationToken) => inner.GetMetricsAsync(run, cancellationToken);

    public ValueTask<IReadOnlyList<StepError>> GetErrorsAsync(RunId run, CancellationToken cancellationToken) => inner.GetErrorsAsync(run, cancellationToken);

    public ValueTask<IReadOnlyList<WorkItemSummary>> GetItemsAsync(RunId run, bool open, CancellationToken cancellationToken) => inner.GetItemsAsync(run, open, cancellationToken);

    public ValueTask<StoredContext?> GetContextAsync(RunId run, CancellationToken cancellationToken) => inner.GetContextAsync(run, cancellationToken);

    public ValueTask<IReadOnlyList<WorkflowRunEvent>> GetHistoryAsync(RunId run, long after, int limit, CancellationToken cancellationToken) =>
        inner.GetHistoryAsync(run, after, limit, cancellationToken);

    public ValueTask ReportWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken) => inner.ReportWorkerAsync(worker, cancellationToken);

    public ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken) => inner.ListWorkersAsync(cancellationToken);

    public ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken) => inner.WaitForCompletionAsync(run, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
