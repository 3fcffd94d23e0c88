using System.Collections.Concurrent;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>Starts, steers and watches the runs of a store.</summary>
/// <param name="store">The store; not disposed by this.</param>
/// <param name="time">The clock by which liveness is judged; <see langword="null"/> for the machine's.</param>
public sealed class StoreOrchestrator(IWorkflowStore store, TimeProvider? time = null) : IWorkflowOrchestrator
{
    private readonly ConcurrentDictionary<WorkflowVersion, Func<StoredContext, string, Payload, Payload>> _queries = new();
    private readonly IWorkflowStore _store = store ?? throw new ArgumentNullException(nameof(store));
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Lets it answer queries about runs of a definition: a store knows contexts only as JSON.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="definition">The definition; one of each version that runs are on.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <returns>The same orchestrator.</returns>
    public StoreOrchestrator Answering<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, JsonSerializerOptions? json = null)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(definition);
        _queries[new(definition.Compiled.Name, definition.Compiled.Version)] = (stored, name, argument) =>
            definition.Query(name, argument, WorkflowOrchestratorExtensions.Read<TContext>(stored, json), json);
        return this;
    }

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
    public ValueTask<WorkflowRunSummary> PauseAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Pause, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> ResumeAsync(RunId run, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Resume, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> TerminateAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default) =>
        _store.SteerAsync(run, RunSteering.Terminate, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> ResetAsync(RunId run, long item, CancellationToken cancellationToken = default) => _store.ResetRunAsync(run, item, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<WorkflowRunSummary> MigrateAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken = default) =>
        _store.MigrateRunAsync(run, plan, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunState> StateAsync(RunId run, CancellationToken cancellationToken = default) =>
        await _store.GetStateAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);

    /// <inheritdoc/>
    /// <remarks>Answered in this process, by the definitions that were given to <see cref="Answering"/>: no worker is needed.</remarks>
    public async ValueTask<Payload> QueryAsync(RunId run, string name, Payload argument, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var version = (await StatusAsync(run, cancellationToken).ConfigureAwait(false)).Workflow;
        return _queries.TryGetValue(version, out var ask)
            ? ask(await ContextAsync(run, cancellationToken).ConfigureAwait(false), name, argument)
            : throw new FlowException(FlowErrorCode.UnknownDefinition, $"Run '{run}' is on {version}, which this orchestrator was not given. Give it the definition: Answering(definition).");
    }

    /// <inheritdoc/>
    public ValueTask<Payload> UpdateAsync(RunId run, string name, Payload argument, string? id = null, CancellationToken cancellationToken = default) =>
        _store.UpdateRunAsync(run, name, argument, id ?? Guid.CreateVersion7(_time.GetUtcNow()).ToString("n"), cancellationToken);

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
