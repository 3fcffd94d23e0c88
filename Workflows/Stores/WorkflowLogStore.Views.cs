using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>The views.</content>
public abstract partial class WorkflowLogStore
{
    private const int HistoryPage = 1_000;

    /// <summary>What a worker says of itself changes with every step; this often it is written.</summary>
    private static readonly TimeSpan HealthWriteInterval = TimeSpan.FromSeconds(5);

    /// <summary>A state keeps its newest errors; with fewer it has all of them.</summary>
    private const int ErrorsInState = 100;

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary?> GetRunAsync(RunId run, CancellationToken cancellationToken) =>
        await StateAsync(run, cancellationToken).ConfigureAwait(false) is { } state ? Summaries.Of(run, state) : null;

    /// <inheritdoc/>
    public ValueTask<RunPage> ListRunsAsync(RunListFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _log.ListAsync(filter, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<RunCounters?> GetMetricsAsync(RunId run, CancellationToken cancellationToken) =>
        (await StateAsync(run, cancellationToken).ConfigureAwait(false))?.Counters;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StepError>> GetErrorsAsync(RunId run, CancellationToken cancellationToken)
    {
        var state = await StateAsync(run, cancellationToken).ConfigureAwait(false);
        if (state is null || state.Errors.Count < ErrorsInState)
        {
            return state?.Errors ?? [];
        }

        var all = new List<StepError>();
        await foreach (var (_, after, change) in ReplayAsync(run, state, cancellationToken).ConfigureAwait(false))
        {
            if (change is WorkflowRunEvent.Failed && !after.Errors.IsEmpty)
            {
                all.Add(after.Errors[^1]);
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkItemSummary>> GetItemsAsync(RunId run, bool open, CancellationToken cancellationToken)
    {
        if (await StateAsync(run, cancellationToken).ConfigureAwait(false) is not { } state)
        {
            return [];
        }

        if (open)
        {
            return [.. state.Items.Values.Select(item => Summaries.Of(state, item))];
        }

        var items = new SortedDictionary<long, WorkItemSummary>();
        await foreach (var (before, after, _) in ReplayAsync(run, state, cancellationToken).ConfigureAwait(false))
        {
            ItemChanges.Note(items, before, after);
        }

        return [.. items.Values];
    }

    /// <inheritdoc/>
    public async ValueTask<StoredContext?> GetContextAsync(RunId run, CancellationToken cancellationToken) =>
        await StateAsync(run, cancellationToken).ConfigureAwait(false) is { } state ? Summaries.ContextOf(state) : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkflowRunEvent>> GetHistoryAsync(RunId run, long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await StateAsync(run, cancellationToken).ConfigureAwait(false) is null
            ? []
            : [.. (await _log.ReadAsync(run, after, limit, cancellationToken).ConfigureAwait(false)).SelectMany(row => WorkflowEventJson.Read(row))];
    }

    /// <inheritdoc/>
    public ValueTask ReportWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        if (_workers.TryGetValue(worker.Id, out var known)
            && worker.State != WorkerState.Stopped
            && worker.LastHeartbeatUtc - known.WrittenUtc is var age && age >= TimeSpan.Zero && age < HealthWriteInterval)
        {
            _workers[worker.Id] = (worker, known.WrittenUtc);
            return default;
        }

        _workers[worker.Id] = (worker, worker.LastHeartbeatUtc);
        return _log.SaveWorkerAsync(worker, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken)
    {
        var kept = await _log.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
        return [.. kept.Select(worker => _workers.TryGetValue(worker.Id, out var known) && known.Health.LastHeartbeatUtc >= worker.LastHeartbeatUtc ? known.Health : worker)];
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Before the look, so that an end after the look is not missed.
            var ending = _endings.GetOrAdd(run, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var summary = await GetRunAsync(run, cancellationToken).ConfigureAwait(false);
            if (summary is null or { IsFinal: true })
            {
                AnnounceEnd(run);
                return summary ?? throw NotFound(run);
            }

            await ending.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A run as it is durable; null when there is none.</summary>
    private async ValueTask<WorkflowRunState?> StateAsync(RunId run, CancellationToken cancellationToken)
    {
        while (await LoadAsync(run, isFresh: true, cancellationToken).ConfigureAwait(false) is { } slot)
        {
            WorkflowRunState? state;
            Task<bool> durable;
            lock (slot.Gate)
            {
                (state, durable) = (slot.State, slot.Durable);
            }

            if (state is not null && await IsDurableAsync(durable.WaitAsync(cancellationToken)).ConfigureAwait(false))
            {
                return state;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        return null;
    }

    /// <summary>Goes through a run's life, event by event.</summary>
    private async IAsyncEnumerable<(WorkflowRunState Before, WorkflowRunState After, WorkflowRunEvent Change)> ReplayAsync(
        RunId run, WorkflowRunState now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = WorkflowRunState.None(now.Workflow);
        while (state.Position < now.Position)
        {
            var rows = await _log.ReadAsync(run, state.Position, HistoryPage, cancellationToken).ConfigureAwait(false);
            if (rows.Count == 0)
            {
                yield break;
            }

            foreach (var change in rows.SelectMany(row => WorkflowEventJson.Read(row)))
            {
                if (state.Position == 0 && change is WorkflowRunEvent.Started started
                    && await DefinitionAsync(VersionOf(started), cancellationToken).ConfigureAwait(false) is { } began)
                {
                    state = WorkflowRunState.None(began);
                }

                var before = state;
                state = WorkflowRunDecider.Apply(before, change);
                yield return (before, state, change);
            }
        }
    }
}
