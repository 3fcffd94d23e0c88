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
            WorkflowSteer.Pause => new WorkflowCommand.Pause(),
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
        return ViewOf(_pump!.Committed);
    }

    public async Task<Payload> UpdateAsync(string name, Payload argument, string id, CancellationToken cancellationToken)
    {
        var state = Require();
        RequireNamed("update", name, state.Workflow, state.Workflow.Updates);
        var turn = new WorkflowRunTurn(state);
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

    /// <summary>Refuses what the run's version does not have, before a worker is asked for it.</summary>
    private static void RequireNamed(string kind, string name, CompiledWorkflow workflow, ImmutableArray<string> names)
    {
        if (!names.Contains(name))
        {
            throw new FlowException(
                FlowErrorCode.NotFound, $"Workflow '{workflow.Name}' version {workflow.Version} has no {kind} '{name}'; it has [{string.Join(", ", names)}].");
        }
    }

    /// <summary>Finds where the run was before an item was committed: by its log, which nothing may be added to meanwhile.</summary>
    private async Task<WorkflowCommand> ResetToAsync(long item, WorkflowRunTurn turn)
    {
        await _pump!.FlushAsync();
        if (_store.First > 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The log of run '{_id}' began anew with its latest continuation; it cannot be reset to a step. Start another run.");
        }

        var events = new List<WorkflowRunEvent>();
        for (var after = -1L; ;)
        {
            var (_, commits) = await _store.ReadLogAsync(after, PageMax);
            if (commits.Count == 0)
            {
                break;
            }

            after += commits.Count;
            events.AddRange(commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8)));
        }

        // The version that it began with: it may have moved to another one since.
        var started = (WorkflowRunEvent.Started)events[0];
        var began = await _definitions.RequireAsync(GrainFactory, started.Workflow, started.Version, _stopped);
        if (!ReferenceEquals(turn.State, _pump.Tentative) || turn.State.Position != events.Count)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Run '{_id}' went on while it was being reset; pause it, or try again.");
        }

        return new WorkflowCommand.Reset(item, WorkflowReset.Before(WorkflowRunState.None(began), events, item));
    }
}
