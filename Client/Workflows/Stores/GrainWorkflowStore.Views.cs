using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Client.Workflows.Stores;

/// <content>The views.</content>
public sealed partial class GrainWorkflowStore
{
    private const int PageMax = 1_000;

    /// <summary>What a worker says of itself changes with every step; this often it is told.</summary>
    private static readonly TimeSpan HealthPeriod = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary?> GetRunAsync(RunId run, CancellationToken cancellationToken) =>
        await CallAsync(() => Run(run).GetAsync(cancellationToken)).ConfigureAwait(false) is { } view
            ? await SummaryOfAsync(view, cancellationToken).ConfigureAwait(false)
            : null;

    /// <inheritdoc/>
    public async ValueTask<RunPage> ListRunsAsync(RunListFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var wanted = new WorkflowFilter
        {
            Workflow = filter.Workflow,
            Statuses = filter.Status is { } status ? [status] : [],
            StartedFromUtc = filter.StartedFromUtc,
            StartedBeforeUtc = filter.StartedBeforeUtc,
            RunPrefix = filter.IdPrefix.Length == 0 ? null : filter.IdPrefix,
            OldestFirst = true,
        };
        var after = PlaceOf(filter.After);
        var shards = await CallAsync(() => Task.WhenAll(WorkflowShards.Keys.Select(shard =>
            _grains.GetGrain<IWorkflowIndexGrain>(shard).ListAsync(wanted, after, filter.Limit + 1, cancellationToken)))).ConfigureAwait(false);
        var lines = shards.SelectMany(shard => shard).OrderBy(line => line.StartedUtc).ThenBy(line => line.Run.Value, StringComparer.Ordinal).Take(filter.Limit + 1).ToList();
        return new RunPage(
            [.. lines.Take(filter.Limit).Select(line => new WorkflowRunLine(line.Run, new(line.Workflow, line.Version), line.Status, line.StartedUtc, line.EndedUtc))],
            lines.Count > filter.Limit ? string.Create(CultureInfo.InvariantCulture, $"{lines[^2].StartedUtc.UtcTicks}/{lines[^2].Run}") : null);
    }

    /// <inheritdoc/>
    public async ValueTask<RunCounters?> GetMetricsAsync(RunId run, CancellationToken cancellationToken) =>
        await CallAsync(() => Run(run).GetAsync(cancellationToken)).ConfigureAwait(false) is { } view
            ? new RunCounters(view.Steps, view.CompletedSteps, view.FailedSteps, view.Retries)
            : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StepError>> GetErrorsAsync(RunId run, CancellationToken cancellationToken)
    {
        var newest = await OrNullAsync(() => Run(run).GetErrorsAsync(cancellationToken)).ConfigureAwait(false);
        if (newest is null || newest.Count < WorkflowRunDecider.MaxErrors)
        {
            return [.. (newest ?? []).Select(error => new StepError(error.Item, error.Node, error.Attempt, error.Message, error.TimeUtc))];
        }

        var all = new List<StepError>();
        await ReplayAsync(run, (_, after, change) =>
        {
            if (change is WorkflowRunEvent.Failed && !after.Errors.IsEmpty)
            {
                all.Add(after.Errors[^1]);
            }
        }, cancellationToken).ConfigureAwait(false);
        return all;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkItemSummary>> GetItemsAsync(RunId run, bool open, CancellationToken cancellationToken)
    {
        var items = new SortedDictionary<long, WorkItemSummary>();
        if (!open)
        {
            await ReplayAsync(run, (before, after, _) => ItemChanges.Note(items, before, after), cancellationToken).ConfigureAwait(false);
            return [.. items.Values];
        }

        if (await CallAsync(() => Run(run).GetAsync(cancellationToken)).ConfigureAwait(false) is not { IsEnded: false })
        {
            return [];
        }

        for (IReadOnlyList<WorkflowItemView>? page = null; page is null or { Count: PageMax };)
        {
            page = await OrNullAsync(() => Run(run).GetItemsAsync(items.Count == 0 ? 0 : items.Keys.Last(), PageMax, cancellationToken)).ConfigureAwait(false) ?? [];
            foreach (var item in page)
            {
                items[item.Item] = new WorkItemSummary(item.Item, item.Node, Summaries.StateOf(item.Status), item.Attempts, item.Input)
                {
                    Worker = item.Worker.IsDefault ? null : item.Worker.Value, DueUtc = item.DueUtc, Signal = item.Signal,
                };
            }
        }

        return [.. items.Values];
    }

    /// <inheritdoc/>
    public async ValueTask<StoredContext?> GetContextAsync(RunId run, CancellationToken cancellationToken) =>
        await OrNullAsync(() => Run(run).GetContextAsync(cancellationToken)).ConfigureAwait(false) is { } context ? ContextOf(context) : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkflowRunEvent>> GetHistoryAsync(RunId run, long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var events = new List<WorkflowRunEvent>();
        var passed = 0L;
        await foreach (var happened in EventsAsync(run, cancellationToken).ConfigureAwait(false))
        {
            if (passed++ >= after)
            {
                events.Add(happened);
            }

            if (events.Count == limit)
            {
                break;
            }
        }

        return events;
    }

    /// <inheritdoc/>
    public async ValueTask ReportWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        if (_workers.TryGetValue(worker.Id, out var known)
            && worker.State != WorkerState.Stopped
            && worker.LastHeartbeatUtc - known.WrittenUtc is var age && age >= TimeSpan.Zero && age < HealthPeriod)
        {
            _workers[worker.Id] = (worker, known.WrittenUtc);
            return;
        }

        _workers[worker.Id] = (worker, worker.LastHeartbeatUtc);
        var health = new Payload(JsonSerializer.SerializeToUtf8Bytes(StoredHealth.Of(worker)));
        await CallAsync(() => Health.ReportAsync(worker.Id, health, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken)
    {
        var told = await CallAsync(() => Health.ListAsync(cancellationToken)).ConfigureAwait(false);
        return [.. told.Select(health => StoredHealth.Read(health.Utf8.ToArray())).Select(worker =>
            _workers.TryGetValue(worker.Id, out var known) && known.Health.LastHeartbeatUtc >= worker.LastHeartbeatUtc ? known.Health : worker)];
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            try
            {
                await foreach (var view in Run(run).WatchEndAsync(ended.Token).WithCancellation(ended.Token).ConfigureAwait(false))
                {
                    return await SummaryOfAsync(view, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && _stopping.IsCancellationRequested)
            {
                throw Closed();
            }
            catch (Exception lost) when (lost is not (OperationCanceledException or FlowException { Code: not FlowErrorCode.StoreUnavailable }))
            {
                // The run moved, or its silo is gone: the end is in its log, wherever it is read again.
                LogWaitLost(_options.Logger, lost, run.Value);
            }

            await Task.Delay(WaitPause, _options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static StoredContext ContextOf(WorkflowContextView context) => new(context.SnapshotVersion, context.Snapshot, context.Deltas.ToImmutableList());

    private static WorkflowPlace? PlaceOf(string? after)
    {
        if (after is null)
        {
            return null;
        }

        var slash = after.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && long.TryParse(after[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new WorkflowPlace(new DateTimeOffset(ticks, TimeSpan.Zero), new RunId(after[(slash + 1)..]))
            : throw new FlowException(FlowErrorCode.BadInput, $"'{after}' is no page that a listing of this store gave out. Begin again without one.");
    }

    private async ValueTask<WorkflowRunSummary> SummaryOfAsync(WorkflowRunView view, CancellationToken cancellationToken)
    {
        var workflow = await _definitions.FindAsync(new(view.Workflow, view.Version), cancellationToken).ConfigureAwait(false)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Run '{view.RunId}' is on version {view.Version} of workflow '{view.Workflow}', which the cluster does not keep.");
        return new WorkflowRunSummary
        {
            Id = view.RunId,
            Workflow = new(view.Workflow, view.Version),
            Hash = workflow.Hash,
            Status = view.Status,
            StartedUtc = view.StartedUtc,
            EndedUtc = view.EndedUtc,
            Outputs = view.Status != WorkflowRunStatus.Completed || view.Output.IsDefault ? []
                : workflow.Output == OutputRule.List ? JsonSerializer.Deserialize<List<Payload>>(view.Output.Utf8.Span)! : [view.Output],
            Failure = view.Failure,
            FailureCode = view.FailureCode,
            PendingCount = view.PendingItems,
            InFlightCount = view.ItemsInFlight,
            WaitingCount = view.WaitingItems,
            NextDueUtc = view.IsEnded ? null : view.NextDueUtc,
            IdempotencyKey = view.IdempotencyKey,
            ParentRun = view.Parent.IsDefault ? null : view.Parent.Value,
            Attributes = view.Attributes.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }
}
