using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Scenarios;

/// <content>What it wants of the run while it goes.</content>
internal sealed partial class WorkflowCaller
{
    private async Task MeddleAsync(WorkflowRunView view)
    {
        if (view.Status == WorkflowRunStatus.Paused)
        {
            await SteerAsync(WorkflowSteer.Resume);
        }
        else if (_pauses && random.Chance(0.1))
        {
            await SteerAsync(WorkflowSteer.Pause);
        }
        else if (_cancels && random.Chance(0.05))
        {
            await SteerAsync(WorkflowSteer.Cancel);
        }

        else if (view.Status == WorkflowRunStatus.Running && _asks && random.Chance(0.3))
        {
            await (random.Chance(0.5) ? UpdateAsync() : QueryAsync());
        }
        else if (_resetsLeft > 0 && random.Chance(0.1))
        {
            _resetsLeft--;
            await ResetAsync();
        }
        else if (_migrates && view.Version == 1 && random.Chance(0.1))
        {
            await MigrateAsync();
        }

        await SignalAsync();
    }

    /// <summary>The same one is sent until it is answered: it may arrive twice.</summary>
    private async Task UpdateAsync()
    {
        var refused = random.Chance(0.2);
        var update = string.Create(CultureInfo.InvariantCulture, $"{id}.u{++_updates}");
        world.History.Add($"caller: {id} update {update}");
        try
        {
            await SimulationScenario.UntilAnsweredAsync(
                world, () => _run.UpdateAsync(FlowParts.TouchUpdate, Write(refused ? FlowParts.RefusedPrefix + update : update), update, CancellationToken.None));
            _accepted.Add(update);
            if (refused)
            {
                Violate($"accepted update {update}, which its validation refuses");
            }
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded || (refused && exception.Code == FlowErrorCode.BadInput))
        {
            // It ended first, or was refused: no effect of it may be seen.
        }
    }

    /// <summary>What a query sees is never more than what happens in the end.</summary>
    private async Task QueryAsync()
    {
        var (effect, most) = random.Pick(workflow.Visits.Counts.ToList());
        try
        {
            var answer = await SimulationScenario.UntilAnsweredAsync(world, () => _run.QueryAsync(FlowParts.CountQuery, Write(effect), CancellationToken.None));
            if (JsonSerializer.Deserialize<long>(answer.Utf8.Span) is var count && count > most)
            {
                Violate($"says that {effect} happened {count} times, of {most}");
            }
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // Nobody is asked about it any more.
        }
    }

    /// <summary>Back to before one of its steps, as an operator who has read the history.</summary>
    private async Task ResetAsync()
    {
        var page = await SimulationScenario.UntilAnsweredAsync(world, () => _run.GetHistoryAsync(-1, 1_000, CancellationToken.None));
        var steps = page.Commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8)).OfType<WorkflowRunEvent.Committed>()
            .Where(step => step.Outcome.Result.IsDefault).Select(step => step.Item).ToList();
        if (steps.Count == 0)
        {
            return;
        }

        var item = random.Pick(steps);
        world.History.Add($"caller: {id} reset to {item}");
        _wasReset = true;
        await SimulationScenario.UntilAnsweredAsync(world, async () =>
        {
            try
            {
                return (WorkflowRunView?)await _run.SteerAsync(new WorkflowSteering(WorkflowSteer.Reset, "simulated", item), CancellationToken.None);
            }
            catch (FlowException exception) when (exception.Code is FlowErrorCode.AlreadyEnded or FlowErrorCode.BadInput or FlowErrorCode.NotFound)
            {
                // It ended first, moved to another version, or continued as new.
                return null;
            }
        });
    }

    /// <summary>To the next version. A plan is for one position of the run; one that went on meanwhile stays on its version for now.</summary>
    private async Task MigrateAsync()
    {
        var run = await SimulationScenario.UntilAnsweredAsync(world, () => _run.GetStateAsync(CancellationToken.None));
        var state = WorkflowRunJson.Read(run.Utf8.Span);
        if (state.IsFinal || state.Workflow.Version > 1)
        {
            return;
        }

        var plan = Write(workflow.NextVersion.PlanMigration(state));
        world.History.Add($"caller: {id} migration at {state.Position}");
        await SimulationScenario.UntilAnsweredAsync(world, async () =>
        {
            try
            {
                return (WorkflowRunView?)await _run.MigrateAsync(plan, CancellationToken.None);
            }
            catch (FlowException exception) when (exception.Code is FlowErrorCode.AlreadyEnded or FlowErrorCode.BadInput)
            {
                return null;
            }
        });
    }

    private Task<WorkflowRunView?> SteerAsync(WorkflowSteer steer) => SimulationScenario.UntilAnsweredAsync(world, async () =>
    {
        try
        {
            world.History.Add($"caller: {id} {steer}");
            return (WorkflowRunView?)await _run.SteerAsync(new WorkflowSteering(steer, "simulated"), CancellationToken.None);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // It ended first, or it was done before and the answer was lost.
            return null;
        }
    });

    /// <summary>One signal for what waits, now and then one that nobody waits for yet. The same one is sent until it is answered: it may arrive twice.</summary>
    private async Task SignalAsync()
    {
        var items = await SimulationScenario.UntilAnsweredAsync(world, () => _run.GetItemsAsync(0, 1_000, CancellationToken.None));
        var waiting = items.Where(item => item.Status == WorkItemStatus.WaitingForSignal).Select(item => item.Node).ToList();
        var nodes = workflow.Definition.Compiled.Nodes.Select(node => node.Name).ToList();
        if (waiting.Count == 0 && !random.Chance(0.05))
        {
            return;
        }

        var name = FlowParts.SignalPrefix + random.Pick(waiting.Count > 0 ? waiting : nodes);
        var signal = string.Create(CultureInfo.InvariantCulture, $"{id}.{++_signals}");
        await SimulationScenario.UntilAnsweredAsync(world, async () =>
        {
            try
            {
                return await _run.SignalAsync(name, Write(signal), signal, CancellationToken.None);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
            {
                return false;
            }
        });
    }
}
