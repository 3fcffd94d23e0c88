using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What people ask of a run as a whole, and its updates.</content>
internal sealed partial class WorkflowRunGrain
{
    public async Task<WorkflowRunView> SteerAsync(WorkflowSteering steering, CancellationToken cancellationToken)
    {
        var turn = new WorkflowRunTurn(Require());
        WorkflowCommand? command = steering.Kind switch
        {
            WorkflowSteer.Pause => new WorkflowCommand.Pause(steering.Reason),
            WorkflowSteer.Resume => turn.State.Status switch
            {
                WorkflowRunStatus.Failed => new WorkflowCommand.Reopen(),
                WorkflowRunStatus.Running => null,
                _ => new WorkflowCommand.Unpause(),
            },
            WorkflowSteer.Cancel => new WorkflowCommand.Cancel(steering.Reason),
            WorkflowSteer.Terminate => new WorkflowCommand.Terminate(steering.Reason),
            WorkflowSteer.Reset => await ResetToAsync(steering.Item, turn),
            _ => throw new FlowException(FlowErrorCode.BadInput, $"{(int)steering.Kind} is nothing that can be asked of a run."),
        };
        if (command is not null)
        {
            Require(turn.Do(command, _clock.GetUtcNow()));
            if (command is WorkflowCommand.Unpause or WorkflowCommand.Reopen or WorkflowCommand.Reset)
            {
                _ready.AddRange(turn.State.Pending);
            }

            if (command is WorkflowCommand.Reset)
            {
                _contexts = null;
            }
        }

        _owesNews |= turn.EventCount > 0;
        await StageAsync(turn);

        // Not the newest state: a run that was let go on may have ended already.
        return ViewOf(turn.State);
    }

    public async Task<Payload> UpdateAsync(string name, Payload argument, string id, CancellationToken cancellationToken)
    {
        _askers++;
        try
        {
            return await AnswerUpdateAsync(name, argument, id, cancellationToken);
        }
        finally
        {
            RestUnasked();
        }
    }

    private async Task<Payload> AnswerUpdateAsync(string name, Payload argument, string id, CancellationToken cancellationToken)
    {
        await RequireNamedAsync("update", name, Require().Workflow, static workflow => workflow.Updates, cancellationToken);
        var turn = new WorkflowRunTurn(Require());
        Require(turn.Do(new WorkflowCommand.Update(id, name, argument), _clock.GetUtcNow()));
        await StageAsync(turn);
        while (true)
        {
            if (Committed?.Updates.Find(update => update.Id == id) is { } result)
            {
                return result.Failure is { } refused ? throw new FlowException(result.Code ?? FlowErrorCode.BadInput, refused) : result.Result;
            }

            if (Committed is { IsFinal: true } ended)
            {
                throw new FlowException(FlowErrorCode.AlreadyEnded, $"Run '{_id}' ended ({ended.Status}) before update '{name}' was answered; it took no effect.");
            }

            await _signal.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Refuses what no build of the run's version is known to have, before a worker is asked for it.</summary>
    private async ValueTask RequireNamedAsync(
        string kind, string name, CompiledWorkflow workflow, Func<CompiledWorkflow, ImmutableArray<string>> namesOf, CancellationToken cancellationToken)
    {
        var today = await _definitions.ReadNamesAsync(GrainFactory, workflow, one => namesOf(one).Contains(name), cancellationToken);
        if (!namesOf(today).Contains(name))
        {
            throw new FlowException(
                FlowErrorCode.NotFound, $"Workflow '{workflow.Name}' version {workflow.Version} has no {kind} '{name}'; it has [{string.Join(", ", namesOf(today))}].");
        }
    }

    /// <summary>Finds where the run was before an item was committed: by its log, which nothing may be added to meanwhile.</summary>
    private async Task<WorkflowCommand> ResetToAsync(long item, WorkflowRunTurn turn)
    {
        await _pump!.FlushAsync();
        var events = new List<WorkflowRunEvent>();
        long? begins = null;
        for (var after = -1L; ;)
        {
            var (first, commits) = await _store.ReadLogAsync(after, PageMax);
            begins ??= first;
            if (commits.Count == 0)
            {
                break;
            }

            after = first + commits.Count - 1;
            events.AddRange(commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8)));
        }

        if (await BeginningAsync(begins.Value, events) is not { } from
            || !ReferenceEquals(turn.State, _pump.Tentative) || turn.State.Position != from.Position + events.Count)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Run '{_id}' went on while it was being reset; pause it, or try again.");
        }

        return new WorkflowCommand.Reset(item, WorkflowReset.Before(from, events, item));
    }

    /// <summary>The run before the first event that is kept; null when that is not kept any more.</summary>
    private async Task<WorkflowRunState?> BeginningAsync(long first, List<WorkflowRunEvent> events)
    {
        if (first > 0)
        {
            return await ReadBeforeAsync(first);
        }

        // The version that it began with: it may have moved to another one since.
        var started = (WorkflowRunEvent.Started)events[0];
        return WorkflowRunState.None(await _definitions.RequireAsync(GrainFactory, started.Workflow, started.Version, _stopped));
    }
}
