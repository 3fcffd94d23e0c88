using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>Starts, steers and watches the runs of a store.</summary>
/// <param name="store">The store; not disposed by this.</param>
/// <param name="time">The clock by which liveness is judged; <see langword="null"/> for the machine's.</param>
public sealed class StoreOrchestrator(IWorkflowStore store, TimeProvider? time = null) : IWorkflowOrchestrator
{
    private readonly IWorkflowStore _store = store ?? throw new ArgumentNullException(nameof(store));
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public ValueTask<CreatedRun> StartAsync(NewWorkflowRun run, CancellationToken cancellationToken = default) => _store.CreateRunAsync(run, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> StatusAsync(RunId run, CancellationToken cancellationToken = default) =>
        await _store.GetRunAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);

    /// <inheritdoc/>
    public ValueTask<RunPage> ListAsync(RunListFilter? filter = null, CancellationToken cancellationToken = default) =>
        _store.ListRunsAsync(filter ?? new RunListFilter(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> CancelAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Cancel, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> PauseAsync(RunId run, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Pause, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> ResumeAsync(RunId run, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Resume, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SignalAsync(RunId run, string name, Payload payload, string? id = null, CancellationToken cancellationToken = default) =>
        _store.SignalAsync(run, name, payload, id, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(RunId run, CancellationToken cancellationToken = default) => _store.DeleteRunAsync(run, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StepError>> ErrorsAsync(RunId run, CancellationToken cancellationToken = default) => _store.GetErrorsAsync(run, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<RunCounters> MetricsAsync(RunId run, CancellationToken cancellationToken = default) =>
        await _store.GetMetricsAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WorkItemSummary>> ItemsAsync(RunId run, CancellationToken cancellationToken = default) =>
        _store.GetItemsAsync(run, open: false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkItemSummary>> PendingAsync(RunId run, CancellationToken cancellationToken = default) =>
        [.. (await _store.GetItemsAsync(run, open: true, cancellationToken).ConfigureAwait(false)).Where(item => item.State is WorkItemState.Pending or WorkItemState.WaitingRetry)];

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkItemSummary>> InFlightAsync(RunId run, CancellationToken cancellationToken = default) =>
        [.. (await _store.GetItemsAsync(run, open: true, cancellationToken).ConfigureAwait(false)).Where(item => item.State == WorkItemState.InProgress)];

    /// <inheritdoc/>
    public async ValueTask<StoredContext> ContextAsync(RunId run, CancellationToken cancellationToken = default) =>
        await _store.GetContextAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WorkflowRunEvent>> HistoryAsync(RunId run, long after = 0, int limit = 1_000, CancellationToken cancellationToken = default) =>
        _store.GetHistoryAsync(run, after, limit, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkerLiveness>> LivenessAsync(TimeSpan staleAfter, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(staleAfter, TimeSpan.Zero);
        var (workers, nowUtc) = (await _store.ListWorkersAsync(cancellationToken).ConfigureAwait(false), _time.GetUtcNow());
        return [.. workers.Select(worker => new WorkerLiveness(
            worker,
            nowUtc - worker.LastHeartbeatUtc,
            worker.State == WorkerState.Stopped ? LivenessStatus.Dead : WorkerLiveness.Judge(nowUtc - worker.LastHeartbeatUtc, staleAfter)))];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellationToken = default)
    {
        var summary = await StatusAsync(run, cancellationToken).ConfigureAwait(false);
        var items = await _store.GetItemsAsync(run, open: true, cancellationToken).ConfigureAwait(false);
        var workers = await _store.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
        return RunReasons.Of(summary, items, workers);
    }

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken = default) =>
        _store.WaitForCompletionAsync(run, cancellationToken);

    private static FlowException NotFound(RunId run) => new(FlowErrorCode.NotFound, $"There is no run '{run}' in this store.");
}
