using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Client.Workflows;

/// <summary>A run behind a gateway.</summary>
internal sealed class WorkflowHandle<TOut>(FlowWorkflows workflows, RunId id, OutputRule rule) : IWorkflowHandle<TOut>
{
    private const string OutputOf = "The output of workflow run";

    /// <summary>Plans that are made for a run that does not rest.</summary>
    private const int MigrationsMax = 5;

    public RunId Id => id;

    public Task<WorkflowRunView> GetAsync(CancellationToken cancellationToken) => workflows.GetAsync(id, cancellationToken);

    public Task<WorkflowRunView> WaitAsync(CancellationToken cancellationToken) => workflows.WaitAsync(id, cancellationToken);

    public async Task<TOut> ResultAsync(CancellationToken cancellationToken)
    {
        var output = await OutputAsync(cancellationToken).ConfigureAwait(false);
        return rule == OutputRule.List ? Read<List<TOut>>(output, OutputOf)[^1] : Read<TOut>(output, OutputOf);
    }

    public async Task<IReadOnlyList<TOut>> ResultsAsync(CancellationToken cancellationToken)
    {
        var output = await OutputAsync(cancellationToken).ConfigureAwait(false);
        return rule == OutputRule.List ? Read<List<TOut>>(output, OutputOf) : [Read<TOut>(output, OutputOf)];
    }

    public async Task<bool> SignalAsync<T>(string name, T value, string? signalId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new SignalRunRequest { RunId = id.Value, Name = name, PayloadJson = Write(value), SignalId = signalId ?? "" };
        return (await workflows.Client.CallAsync(WorkflowMethods.SignalRun, request, cancellationToken).ConfigureAwait(false)).Accepted;
    }

    public async Task<TResult> QueryAsync<TArgument, TResult>(string name, TArgument argument, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new QueryRunRequest { RunId = id.Value, Name = name, ArgumentJson = Write(argument) };
        var response = await workflows.Client.CallAsync(WorkflowMethods.QueryRun, request, cancellationToken).ConfigureAwait(false);
        return Read<TResult>(response.ResultJson.ToPayload(), $"The answer to query '{name}' of workflow run");
    }

    public async Task<TResult> UpdateAsync<TArgument, TResult>(string name, TArgument argument, string? updateId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new UpdateRunRequest { RunId = id.Value, Name = name, ArgumentJson = Write(argument), UpdateId = updateId ?? workflows.NewId() };
        var response = await workflows.Client.CallAsync(WorkflowMethods.UpdateRun, request, cancellationToken).ConfigureAwait(false);
        return Read<TResult>(response.ResultJson.ToPayload(), $"The answer to update '{name}' of workflow run");
    }

    public Task<WorkflowRunView> PauseAsync(string reason, CancellationToken cancellationToken) => workflows.SteerAsync(id, WorkflowSteer.Pause, reason, 0, cancellationToken);

    public Task<WorkflowRunView> ResumeAsync(string reason, CancellationToken cancellationToken) => workflows.SteerAsync(id, WorkflowSteer.Resume, reason, 0, cancellationToken);

    public Task<WorkflowRunView> CancelAsync(string reason, CancellationToken cancellationToken) => workflows.SteerAsync(id, WorkflowSteer.Cancel, reason, 0, cancellationToken);

    public Task<WorkflowRunView> TerminateAsync(string reason, CancellationToken cancellationToken) => workflows.SteerAsync(id, WorkflowSteer.Terminate, reason, 0, cancellationToken);

    public Task<WorkflowRunView> ResetAsync(long item, string reason, CancellationToken cancellationToken) => workflows.SteerAsync(id, WorkflowSteer.Reset, reason, item, cancellationToken);

    public async Task<WorkflowRunView> MigrateAsync<TIn, TNewOut, TContext>(WorkflowDefinition<TIn, TNewOut, TContext> definition, CancellationToken cancellationToken)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(definition);
        for (var attempt = 1; ; attempt++)
        {
            var run = await StateAsync(cancellationToken).ConfigureAwait(false);
            var plan = definition.PlanMigration(run, workflows.Json);
            try
            {
                return await MigrateAsync(plan, cancellationToken).ConfigureAwait(false);
            }
            catch (FlowException refused) when (refused.Code == FlowErrorCode.BadInput && attempt < MigrationsMax)
            {
                // Where it is not the run that went on, another plan would be the same.
                var now = await StateAsync(cancellationToken).ConfigureAwait(false);
                if (now.Position == run.Position)
                {
                    throw;
                }
            }
        }
    }

    public async Task<WorkflowRunView> MigrateAsync(MigrationPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var request = new MigrateRunRequest { RunId = id.Value, PlanJson = JsonSerializer.Serialize(plan) };
        return (await workflows.Client.CallAsync(WorkflowMethods.MigrateRun, request, cancellationToken).ConfigureAwait(false)).ToView();
    }

    public async Task<WorkflowRunState> StateAsync(CancellationToken cancellationToken)
    {
        var response = await workflows.Client.CallAsync(WorkflowMethods.GetRunState, new GetRunStateRequest { RunId = id.Value }, cancellationToken).ConfigureAwait(false);
        return WorkflowRunJson.Read(Encoding.UTF8.GetBytes(response.StateJson));
    }

    public async Task<TContext> ContextAsync<TContext>(CancellationToken cancellationToken)
        where TContext : IMergeable<TContext>
    {
        const string What = "The context of workflow run";
        var stored = await workflows.GetContextAsync(id, cancellationToken).ConfigureAwait(false);
        return stored.Deltas.Aggregate(
            stored.Snapshot.IsDefault ? TContext.Empty : Read<TContext>(stored.Snapshot, What), (context, delta) => context.Merge(Read<TContext>(delta, What)));
    }

    public Task<WorkflowContextView> StoredContextAsync(CancellationToken cancellationToken) => workflows.GetContextAsync(id, cancellationToken);

    public async IAsyncEnumerable<WorkflowItemView> ItemsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListItemsRequest { RunId = id.Value };
        do
        {
            var page = await workflows.Client.CallAsync(WorkflowMethods.ListItems, request, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item.ToView();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    public async Task<IReadOnlyList<WorkflowErrorView>> ErrorsAsync(CancellationToken cancellationToken)
    {
        var response = await workflows.Client.CallAsync(WorkflowMethods.ListErrors, new ListErrorsRequest { RunId = id.Value }, cancellationToken).ConfigureAwait(false);
        return [.. response.Errors.Select(WorkflowViews.ToView)];
    }

    public async Task<WorkflowHistoryFile> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        WorkflowRunState? from = null;
        var events = ImmutableArray.CreateBuilder<WorkflowRunEvent>();
        await foreach (var page in HistoryPagesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (page.FromJson.Length > 0)
            {
                // The first page; or a later one, when what was read before has been deleted meanwhile.
                from = WorkflowRunJson.Read(page.FromJson.ToPayload().Utf8.Span);
                events.Clear();
            }

            foreach (var commit in page.CommitJson)
            {
                events.AddRange(WorkflowEventJson.Read(commit.ToPayload().Utf8));
            }
        }

        // The version that it began with: it may have moved to another one since.
        var definition = from?.Workflow
            ?? (events is [WorkflowRunEvent.Started started, ..] ? await workflows.GetDefinitionAsync(started.Workflow, started.Version, cancellationToken).ConfigureAwait(false)
            : throw new FlowException(FlowErrorCode.StateCorrupt, $"The history of workflow run '{id}' does not begin with its start."));
        return new WorkflowHistoryFile(definition, events.ToImmutable(), from);
    }

    public async IAsyncEnumerable<Payload> HistoryAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in HistoryPagesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var commit in page.CommitJson)
            {
                yield return commit.ToPayload();
            }
        }
    }

    public async Task<IReadOnlyList<RunReason>> WhyAsync(CancellationToken cancellationToken)
    {
        var response = await workflows.Client.CallAsync(WorkflowMethods.WhyRun, new WhyRunRequest { RunId = id.Value }, cancellationToken).ConfigureAwait(false);
        return [.. response.Reasons.Select(WorkflowViews.ToView)];
    }

    public Task DeleteAsync(CancellationToken cancellationToken) =>
        workflows.Client.CallAsync(WorkflowMethods.DeleteRun, new DeleteRunRequest { RunId = id.Value }, cancellationToken);

    private async IAsyncEnumerable<ListHistoryResponse> HistoryPagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListHistoryRequest { RunId = id.Value };
        do
        {
            var page = await workflows.Client.CallAsync(WorkflowMethods.ListHistory, request, cancellationToken).ConfigureAwait(false);
            yield return page;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    private async Task<Payload> OutputAsync(CancellationToken cancellationToken)
    {
        var run = await WaitAsync(cancellationToken).ConfigureAwait(false);
        return run.Status == WorkflowRunStatus.Completed
            ? run.Output
            : throw new FlowException(
                run.FailureCode ?? (run.Status == WorkflowRunStatus.Cancelled ? FlowErrorCode.Cancelled : FlowErrorCode.UnexpectedError),
                $"Workflow run '{id}' ended as {run.Status}: {run.Failure ?? "it says nothing more"}");
    }

    private string Write<T>(T value) => JsonSerializer.Serialize(value, workflows.Json);

    private T Read<T>(Payload payload, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(payload.Utf8.Span, workflows.Json)!;
        }
        catch (JsonException exception)
        {
            var text = Encoding.UTF8.GetString(payload.Utf8.Span[..Math.Min(payload.Utf8.Length, 200)]);
            throw new FlowException(FlowErrorCode.BadInput, $"{what} '{id}' is no {typeof(T).Name}: {exception.Message} It begins with: {text}", exception);
        }
    }
}
