using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Orleans;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Client.Workflows.Stores;

/// <summary>The runs of a cluster as a store: what is written over <see cref="IWorkflowStore"/> runs against silos. Thread-safe.</summary>
/// <remarks>
/// <para>
/// Needs a client of the cluster's grains: that of a silo, or of a host with <c>UseOrleansClient(client => client.UseOrleansFlowGateway())</c>. A run is one and the same
/// whether workers with a session (<c>AddOrleansFlowWorker</c>) or workers over a store do its steps; both take from the same queues, under the same epochs. Leases last
/// as long as the cluster says, are kept by the run's grain, and survive the loss of a silo.
/// </para>
/// <para>
/// Listings are in the order of starts, oldest first. A key without an id makes the run's id. The history of a run that continues as new reaches back over its
/// newest three links. The health of workers is kept in memory.
/// </para>
/// </remarks>
public sealed partial class GrainWorkflowStore : IWorkflowStore
{
    private readonly IGrainFactory _grains;
    private readonly GrainWorkflowStoreOptions _options;
    private readonly KnownDefinitions _definitions;
    private readonly GrainWatch _catalog;
    private readonly ConcurrentDictionary<string, WatchedQueue> _queues = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<WorkerId, (WorkerHealth Health, DateTimeOffset WrittenUtc)> _workers = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A store over a cluster's grains.</summary>
    /// <param name="grains">The way to the grains; not disposed by this.</param>
    /// <param name="options">Clock and log; <see langword="null"/> for the defaults.</param>
    public GrainWorkflowStore(IGrainFactory grains, GrainWorkflowStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        (_grains, _options) = (grains, options ?? new GrainWorkflowStoreOptions());
        _definitions = new KnownDefinitions(grains);
        _catalog = new GrainWatch(
            "the catalog of workflows", token => grains.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).WatchAsync(token), _options, TellNews, _stopping.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        EndNews();
        await _catalog.WhenStoppedAsync().ConfigureAwait(false);
        foreach (var queue in _queues.Values)
        {
            await queue.WhenStoppedAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask RegisterAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        await CallAsync(() => _definitions.RegisterAsync(workflow, cancellationToken)).ConfigureAwait(false);
        TellNews();
    }

    /// <inheritdoc/>
    public async ValueTask<CreatedRun> CreateRunAsync(NewWorkflowRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        await RegisterAsync(run.Workflow, cancellationToken).ConfigureAwait(false);
        var id = run.Id ?? (run.IdempotencyKey is { } key ? IdempotencyKeys.RunOf(key) : new RunId($"run-{Guid.CreateVersion7(_options.Time.GetUtcNow()):n}"));
        var start = new WorkflowStart
        {
            Workflow = run.Workflow.Name,
            Version = run.Workflow.Version,
            Hash = run.Workflow.Hash,
            Context = run.Context,
            Input = run.Input,
            IdempotencyKey = run.IdempotencyKey,
            DeadlineUtc = run.DeadlineUtc,
            Attributes = run.Attributes.IsEmpty ? null : run.Attributes.ToDictionary(),
            Retry = run.Retry is null ? default : new Payload(JsonSerializer.SerializeToUtf8Bytes(run.Retry)),
        };
        try
        {
            return new CreatedRun(id, await CallAsync(() => Steps(id).BeginAsync(start, cancellationToken)).ConfigureAwait(false));
        }
        catch (FlowException refused) when (refused.Code == FlowErrorCode.AlreadyExists)
        {
            // It began with something else; of the same workflow it is the run that was asked for.
            var known = await CallAsync(() => Run(id).GetAsync(cancellationToken)).ConfigureAwait(false);
            if (known?.Workflow != run.Workflow.Name)
            {
                throw;
            }

            return new CreatedRun(id, IsNew: false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(StepToken lease, CancellationToken cancellationToken) =>
        await CallAsync(() => Steps(lease.Run).RenewAsync(lease.Item, lease.Epoch, cancellationToken)).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<StepReceipt> CommitStepAsync(StepToken lease, StepOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            StepOutcomeJson.Write(writer, outcome);
        }

        return PresentAsync(lease, new WorkflowStepReport { Item = lease.Item, Epoch = lease.Epoch, End = WorkflowStepEnd.Committed, Outcome = new Payload(json.WrittenMemory) }, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StepReceipt> FailStepAsync(StepToken lease, StepFailure failure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failure);
        var report = new WorkflowStepReport
        {
            Item = lease.Item,
            Epoch = lease.Epoch,
            End = WorkflowStepEnd.Failed,
            Failure = failure.Kind,
            Message = failure.Message,
            IsPermanent = failure.IsPermanent,
            Code = failure.Code,
            WorkerRetry = failure.WorkerRetry is null ? default : new Payload(JsonSerializer.SerializeToUtf8Bytes(failure.WorkerRetry)),
            Chance = failure.Chance,
        };
        return PresentAsync(lease, report, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StepReceipt> ReleaseStepAsync(StepToken lease, CancellationToken cancellationToken) =>
        PresentAsync(lease, new WorkflowStepReport { Item = lease.Item, Epoch = lease.Epoch, End = WorkflowStepEnd.Released }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> FoldContextAsync(RunId run, long version, Payload snapshot, CancellationToken cancellationToken) =>
        await CallAsync(() => Steps(run).FoldAsync(version, snapshot, cancellationToken)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask SignalAsync(RunId run, string name, Payload payload, string? id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        await CallAsync(() => Run(run).SignalAsync(name, payload, id, cancellationToken)).ConfigureAwait(false);
        await CallAsync(() => Steps(run).SettleAsync(cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> SteerAsync(RunId run, RunSteering steering, string? reason, CancellationToken cancellationToken)
    {
        var kind = steering switch
        {
            RunSteering.Pause => WorkflowSteer.Pause,
            RunSteering.Resume => WorkflowSteer.Resume,
            RunSteering.Cancel => WorkflowSteer.Cancel,
            RunSteering.Terminate => WorkflowSteer.Terminate,
            _ => throw new ArgumentOutOfRangeException(nameof(steering), steering, "Not something that can be asked of a run."),
        };
        return await SettledAsync(run, () => Run(run).SteerAsync(new WorkflowSteering(kind, reason), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteRunAsync(RunId run, CancellationToken cancellationToken) =>
        await CallAsync(() => Run(run).DeleteAsync(cancellationToken)).ConfigureAwait(false);

    private static FlowException Closed() => new(FlowErrorCode.StoreUnavailable, "The workflow store was closed.");

    private IWorkflowRunGrain Run(RunId run) => _grains.GetGrain<IWorkflowRunGrain>(run.Value);

    private IWorkflowStepGrain Steps(RunId run) => _grains.GetGrain<IWorkflowStepGrain>(run.Value);

    private async ValueTask<StepReceipt> PresentAsync(StepToken lease, WorkflowStepReport report, CancellationToken cancellationToken)
    {
        var receipt = await CallAsync(() => Steps(lease.Run).PresentAsync(report, cancellationToken)).ConfigureAwait(false);
        return new StepReceipt(receipt.Refused, receipt.Ended is { } ended ? await SummaryOfAsync(ended, cancellationToken).ConfigureAwait(false) : null, receipt.Code);
    }

    private async ValueTask<WorkflowRunSummary> SettledAsync(RunId run, Func<Task<WorkflowRunView>> change, CancellationToken cancellationToken)
    {
        var view = await CallAsync(change).ConfigureAwait(false);
        await CallAsync(() => Steps(run).SettleAsync(cancellationToken)).ConfigureAwait(false);
        return await SummaryOfAsync(view, cancellationToken).ConfigureAwait(false);
    }

    private Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        ThrowIfClosed();
        return call();
    }

    private Task CallAsync(Func<Task> call)
    {
        ThrowIfClosed();
        return call();
    }

    private void ThrowIfClosed()
    {
        if (_stopping.IsCancellationRequested)
        {
            throw Closed();
        }
    }
}
