using System.Collections.Concurrent;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>Updates, resets and migrations.</content>
public abstract partial class WorkflowLogStore
{
    /// <summary>Tries at a run that goes on while it is looked at.</summary>
    private const int ResetsMax = 5;

    /// <summary>Runs whose next commit somebody waits for.</summary>
    private readonly ConcurrentDictionary<RunId, TaskCompletionSource> _changes = new();

    /// <inheritdoc/>
    public async ValueTask<Payload> UpdateRunAsync(RunId run, string name, Payload argument, string id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(id);
        var state = await StateAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);
        if (!state.Workflow.Updates.Contains(name))
        {
            throw new FlowException(
                FlowErrorCode.NotFound, $"Workflow '{state.Workflow.Name}' version {state.Workflow.Version} has no update '{name}'; it has [{string.Join(", ", state.Workflow.Updates)}].");
        }

        Accept(run, await DecideAsync(run, _ => new WorkflowCommand.Update(id, name, argument), cancellationToken).ConfigureAwait(false));
        while (true)
        {
            // Before the look, so that an answer after it is not missed.
            var changed = _changes.GetOrAdd(run, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (_stopping.IsCancellationRequested)
            {
                throw Closed();
            }

            var now = await StateAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);
            if (now.Updates.Find(update => update.Id == id) is { } result)
            {
                return result.Failure is { } refused ? throw new FlowException(result.Code ?? FlowErrorCode.BadInput, refused) : result.Result;
            }

            if (now.IsFinal)
            {
                throw new FlowException(FlowErrorCode.AlreadyEnded, $"Run '{run}' ended ({now.Status}) before update '{name}' was answered; it took no effect.");
            }

            await changed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> ResetRunAsync(RunId run, long item, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= ResetsMax; attempt++)
        {
            var state = await StateAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);
            var (from, events) = await LogOfAsync(run, state, cancellationToken).ConfigureAwait(false);
            var before = WorkflowReset.Before(from, events, item);
            var decision = await DecideAsync(
                run, now => now.Position == state.Position ? new WorkflowCommand.Reset(item, before) : null, cancellationToken).ConfigureAwait(false);
            if (decision is not { Answer: WorkflowAnswer.Idle })
            {
                return Summaries.Of(run, Accept(run, decision).State);
            }
        }

        throw new FlowException(FlowErrorCode.StoreUnavailable, $"Run '{run}' went on while it was being reset; pause it, or try again.");
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> MigrateRunAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var state = await StateAsync(run, cancellationToken).ConfigureAwait(false) ?? throw NotFound(run);
        if (WorkflowMigration.Problem(state, plan) is { } problem)
        {
            throw new FlowException(state is { IsFinal: true, Left: null } ? FlowErrorCode.AlreadyEnded : FlowErrorCode.BadInput, $"Run '{run}': {problem}");
        }

        await RegisterAsync(plan.Workflow, cancellationToken).ConfigureAwait(false);
        return Summaries.Of(run, Accept(run, await DecideAsync(run, _ => new WorkflowCommand.Migrate(plan), cancellationToken).ConfigureAwait(false)).State);
    }

    /// <inheritdoc/>
    public ValueTask<WorkflowRunState?> GetStateAsync(RunId run, CancellationToken cancellationToken) => StateAsync(run, cancellationToken);

    /// <summary>The run where its log began, and all events since: of one that continued as new, since then.</summary>
    private async ValueTask<(WorkflowRunState From, List<WorkflowRunEvent> Events)> LogOfAsync(RunId run, WorkflowRunState now, CancellationToken cancellationToken)
    {
        var (from, events) = (WorkflowRunState.None(now.Workflow), new List<WorkflowRunEvent>());
        await foreach (var (before, _, change) in ReplayAsync(run, now, cancellationToken).ConfigureAwait(false))
        {
            if (before.Position <= now.LogStart)
            {
                from = before;
                events.Clear();
            }

            events.Add(change);
        }

        return (from, events);
    }

    private static bool Serves(WorkFilter filter, WorkflowRunState state) =>
        filter.Workflows.Count == 0 || filter.Workflows.Contains(new(state.Workflow.Name, state.Workflow.Version));

    private void AnnounceChange(RunId run)
    {
        if (!_changes.IsEmpty && _changes.TryRemove(run, out var changed))
        {
            changed.TrySetResult();
        }
    }
}
