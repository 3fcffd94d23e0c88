using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Logs;
using StepError = OrleansFlow.Workflows.Runs.StepError;

namespace OrleansFlow.Client.Workflows;

/// <summary>The orchestrator of the stores over a gateway: what is written against the one runs against the other.</summary>
/// <remarks>Listings are in the order of starts. The health of a worker says whether it is there and what it serves, not which step it does.</remarks>
internal sealed class FlowOrchestrator(FlowClient client) : IWorkflowOrchestrator
{
    private const string RolePrefix = "workflow.";

    // Definitions never change, so what was read once is true for ever. As many as there are versions.
    private readonly ConcurrentDictionary<WorkflowVersion, CompiledWorkflow> _definitions = new();

    public async ValueTask<CreatedRun> StartAsync(NewWorkflowRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var start = new RunStart
        {
            RunId = run.Id is { } id ? id.Value : run.IdempotencyKey is null ? client.Workflows.NewId() : "",
            IdempotencyKey = run.IdempotencyKey ?? "",
            Workflow = run.Workflow.Name,
            Version = run.Workflow.Version,
            DefinitionHash = run.Workflow.Hash,
            ContextJson = run.Context.ToText(),
            InputJson = run.Input.ToText(),
            RetryJson = run.Retry is null ? "" : JsonSerializer.Serialize(run.Retry),
            DeadlineMs = run.DeadlineUtc is { } deadline ? Math.Max(1, (long)(deadline - client.Workflows.Clock.GetUtcNow()).TotalMilliseconds) : 0,
            Attributes = { run.Attributes.ToDictionary() },
        };
        var started = await StartAsync(start, cancellationToken).ConfigureAwait(false);
        if (started.ErrorCode == FlowErrorKind.Of(FlowErrorCode.UnknownDefinition).Wire)
        {
            await client.Workflows.RegisterAsync(run.Workflow, cancellationToken).ConfigureAwait(false);
            started = await StartAsync(start, cancellationToken).ConfigureAwait(false);
        }

        return started.ErrorCode.Length == 0
            ? new CreatedRun(new RunId(started.RunId), started.Created)
            : throw new FlowException(FlowErrorKind.OfWire(started.ErrorCode).Code, started.ErrorMessage);
    }

    public async ValueTask<WorkflowRunSummary> StatusAsync(RunId run, CancellationToken cancellationToken) =>
        await SummarizeAsync(await client.Workflows.GetAsync(run, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public async ValueTask<RunPage> ListAsync(RunListFilter? filter, CancellationToken cancellationToken)
    {
        filter ??= new RunListFilter();
        var request = new ListRunsRequest
        {
            PageSize = filter.Limit,
            PageToken = filter.After ?? "",
            Workflow = filter.Workflow ?? "",
            Statuses = { filter.Status is { } status ? [(RunStatus)status] : [] },
            RunPrefix = filter.IdPrefix,
            StartedFrom = filter.StartedFromUtc is { } from ? Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(from) : null,
            StartedBefore = filter.StartedBeforeUtc is { } before ? Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(before) : null,
            OldestFirst = true,
        };
        var page = await client.CallAsync(WorkflowMethods.ListRuns, request, cancellationToken).ConfigureAwait(false);
        return new RunPage(
            [.. page.Runs.Select(run => run.ToView()).Select(run => new WorkflowRunLine(run.RunId, new WorkflowVersion(run.Workflow, run.Version), run.Status, run.StartedUtc, run.EndedUtc))],
            page.NextPageToken.Length == 0 ? null : page.NextPageToken);
    }

    public ValueTask<WorkflowRunSummary> CancelAsync(RunId run, string? reason, CancellationToken cancellationToken) => SteerAsync(run, WorkflowSteer.Cancel, reason, cancellationToken);

    public ValueTask<WorkflowRunSummary> PauseAsync(RunId run, string? reason, CancellationToken cancellationToken) => SteerAsync(run, WorkflowSteer.Pause, reason, cancellationToken);

    public ValueTask<WorkflowRunSummary> ResumeAsync(RunId run, CancellationToken cancellationToken) => SteerAsync(run, WorkflowSteer.Resume, null, cancellationToken);

    public ValueTask<WorkflowRunSummary> TerminateAsync(RunId run, string? reason, CancellationToken cancellationToken) => SteerAsync(run, WorkflowSteer.Terminate, reason, cancellationToken);

    public async ValueTask<WorkflowRunSummary> ResetAsync(RunId run, long item, CancellationToken cancellationToken) =>
        await SummarizeAsync(await client.Workflows.SteerAsync(run, WorkflowSteer.Reset, "", item, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public async ValueTask<WorkflowRunSummary> MigrateAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken) =>
        await SummarizeAsync(await client.Workflows.Get(run).MigrateAsync(plan, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public async ValueTask<WorkflowRunState> StateAsync(RunId run, CancellationToken cancellationToken) =>
        await client.Workflows.Get(run).StateAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<Payload> QueryAsync(RunId run, string name, Payload argument, CancellationToken cancellationToken)
    {
        var request = new QueryRunRequest { RunId = run.Value, Name = name, ArgumentJson = argument.ToText() };
        return (await client.CallAsync(WorkflowMethods.QueryRun, request, cancellationToken).ConfigureAwait(false)).ResultJson.ToPayload();
    }

    public async ValueTask<Payload> UpdateAsync(RunId run, string name, Payload argument, string? id, CancellationToken cancellationToken)
    {
        var request = new UpdateRunRequest { RunId = run.Value, Name = name, ArgumentJson = argument.ToText(), UpdateId = id ?? client.Workflows.NewId() };
        return (await client.CallAsync(WorkflowMethods.UpdateRun, request, cancellationToken).ConfigureAwait(false)).ResultJson.ToPayload();
    }

    public async ValueTask SignalAsync(RunId run, string name, Payload payload, string? id, CancellationToken cancellationToken) =>
        await client.Workflows.Get(run).SignalAsync(name, payload, id, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> DeleteAsync(RunId run, CancellationToken cancellationToken)
    {
        try
        {
            await client.Workflows.Get(run).DeleteAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            return false;
        }
    }

    public ValueTask<IReadOnlyList<StepError>> ErrorsAsync(RunId run, CancellationToken cancellationToken) => OrNoneAsync<StepError>(async () =>
        [.. (await client.Workflows.Get(run).ErrorsAsync(cancellationToken).ConfigureAwait(false)).Select(error => new StepError(error.Item, error.Node, error.Attempt, error.Message, error.TimeUtc))]);

    public async ValueTask<RunCounters> MetricsAsync(RunId run, CancellationToken cancellationToken)
    {
        var view = await client.Workflows.GetAsync(run, cancellationToken).ConfigureAwait(false);
        return new RunCounters(view.Steps, view.CompletedSteps, view.FailedSteps, view.Retries);
    }

    public ValueTask<IReadOnlyList<WorkItemSummary>> ItemsAsync(RunId run, CancellationToken cancellationToken) => OrNoneAsync<WorkItemSummary>(async () =>
    {
        var view = await client.Workflows.GetAsync(run, cancellationToken).ConfigureAwait(false);
        var items = new SortedDictionary<long, WorkItemSummary>();
        var state = WorkflowRunState.None(await DefinitionAsync(view, cancellationToken).ConfigureAwait(false));
        foreach (var happened in await EventsAsync(run, cancellationToken).ConfigureAwait(false))
        {
            var next = WorkflowRunDecider.Apply(state, happened);
            ItemChanges.Note(items, state, next);
            state = next;
        }

        return [.. items.Values];
    });

    public async ValueTask<IReadOnlyList<WorkItemSummary>> PendingAsync(RunId run, CancellationToken cancellationToken) =>
        [.. (await ItemsAsync(run, cancellationToken).ConfigureAwait(false)).Where(item => item.State is WorkItemState.Pending or WorkItemState.WaitingRetry)];

    public async ValueTask<IReadOnlyList<WorkItemSummary>> InFlightAsync(RunId run, CancellationToken cancellationToken) =>
        [.. (await ItemsAsync(run, cancellationToken).ConfigureAwait(false)).Where(item => item.State == WorkItemState.InProgress)];

    public async ValueTask<StoredContext> ContextAsync(RunId run, CancellationToken cancellationToken)
    {
        var context = await client.Workflows.GetContextAsync(run, cancellationToken).ConfigureAwait(false);
        return new StoredContext(context.SnapshotVersion, context.Snapshot, context.Deltas.ToImmutableList());
    }

    public ValueTask<IReadOnlyList<WorkflowRunEvent>> HistoryAsync(RunId run, long after, int limit, CancellationToken cancellationToken) => OrNoneAsync<WorkflowRunEvent>(async () =>
        [.. (await EventsAsync(run, cancellationToken).ConfigureAwait(false)).Skip((int)Math.Min(after, int.MaxValue)).Take(limit)]);

    public async ValueTask<IReadOnlyList<OrleansFlow.Workflows.Orchestration.WorkerLiveness>> LivenessAsync(TimeSpan staleAfter, CancellationToken cancellationToken)
    {
        var nowUtc = (await client.GetHealthAsync(cancellationToken).ConfigureAwait(false)).NowUtc;
        var workers = await client.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. from worker in workers
               let age = nowUtc > worker.LastSeenUtc ? nowUtc - worker.LastSeenUtc : TimeSpan.Zero
               let isGone = worker.Liveness == Workers.WorkerLiveness.Offline
               let health = new WorkerHealth
               {
                   Id = worker.WorkerId,
                   LastHeartbeatUtc = worker.LastSeenUtc,
                   State = isGone ? WorkerState.Stopped : worker.UsedSlots > 0 ? WorkerState.InProgress : WorkerState.Idle,
                   Workflows = [.. worker.Roles.Select(WorkflowOf).OfType<string>().Distinct(StringComparer.Ordinal)],
               }
               select new OrleansFlow.Workflows.Orchestration.WorkerLiveness(
                   health, age, isGone ? LivenessStatus.Dead : OrleansFlow.Workflows.Orchestration.WorkerLiveness.Judge(age, staleAfter)),
        ];
    }

    public async ValueTask<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellationToken) =>
        [.. (await client.Workflows.Get(run).WhyAsync(cancellationToken).ConfigureAwait(false)).Select(reason => reason.Text)];

    public async ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken) =>
        await SummarizeAsync(await client.Workflows.WaitAsync(run, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary><c>workflow.NAME.VERSION</c>; a role of single nodes is not asked for: who serves it serves the workflow, too.</summary>
    private static string? WorkflowOf(string role)
    {
        var dot = role.LastIndexOf('.');
        return role.StartsWith(RolePrefix, StringComparison.Ordinal) && dot > RolePrefix.Length
            && int.TryParse(role[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? new WorkflowVersion(role[RolePrefix.Length..dot], version).ToString()
            : null;
    }

    private static async ValueTask<IReadOnlyList<T>> OrNoneAsync<T>(Func<Task<IReadOnlyList<T>>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            return [];
        }
    }

    private async Task<RunStarted> StartAsync(RunStart start, CancellationToken cancellationToken) =>
        (await client.CallAsync(WorkflowMethods.StartRuns, new StartRunsRequest { Runs = { start } }, cancellationToken).ConfigureAwait(false)).Runs[0];

    private async ValueTask<WorkflowRunSummary> SteerAsync(RunId run, WorkflowSteer steer, string? reason, CancellationToken cancellationToken) =>
        await SummarizeAsync(await client.Workflows.SteerAsync(run, steer, reason ?? "", 0, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private async Task<List<WorkflowRunEvent>> EventsAsync(RunId run, CancellationToken cancellationToken)
    {
        var events = new List<WorkflowRunEvent>();
        await foreach (var row in client.Workflows.Get(run).HistoryAsync(cancellationToken).ConfigureAwait(false))
        {
            events.AddRange(WorkflowEventJson.Read(row.Utf8));
        }

        return events;
    }

    private async Task<CompiledWorkflow> DefinitionAsync(WorkflowRunView view, CancellationToken cancellationToken)
    {
        var version = new WorkflowVersion(view.Workflow, view.Version);
        return _definitions.TryGetValue(version, out var known)
            ? known
            : _definitions.GetOrAdd(version, await client.Workflows.GetDefinitionAsync(view.Workflow, view.Version, cancellationToken).ConfigureAwait(false));
    }

    private async Task<WorkflowRunSummary> SummarizeAsync(WorkflowRunView view, CancellationToken cancellationToken)
    {
        var definition = await DefinitionAsync(view, cancellationToken).ConfigureAwait(false);
        return new WorkflowRunSummary
        {
            Id = view.RunId,
            Workflow = new WorkflowVersion(view.Workflow, view.Version),
            Hash = definition.Hash,
            Status = view.Status,
            StartedUtc = view.StartedUtc,
            EndedUtc = view.EndedUtc,
            Outputs = view.Output.IsDefault && view.Status != WorkflowRunStatus.Completed ? []
                : definition.Output == OutputRule.List ? JsonSerializer.Deserialize<List<Payload>>(view.Output.Utf8.Span)! : [view.Output],
            Failure = view.Failure,
            FailureCode = view.FailureCode,
            PendingCount = view.PendingItems,
            InFlightCount = view.ItemsInFlight,
            WaitingCount = view.WaitingItems,
            NextDueUtc = view.NextDueUtc,
            ParentRun = view.Parent.IsDefault ? null : view.Parent.Value,
            Attributes = view.Attributes.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }
}
