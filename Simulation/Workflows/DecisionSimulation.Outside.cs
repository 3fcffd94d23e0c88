using System.Globalization;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Workflows;

/// <content>Other runs, and what is asked of the run: children, updates, resets and migrations.</content>
internal sealed partial class DecisionSimulation
{
    /// <summary>Child runs that were started, by id; one whose start was carried out twice once.</summary>
    private readonly SortedDictionary<string, ChildOrder> _children = new(StringComparer.Ordinal);
    private readonly List<string> _running = [];
    private readonly List<(string Id, bool Refused)> _updates = [];
    private readonly bool _migrates;
    private readonly int _resetsAtMost;
    private int _resets;

    /// <summary>Carries out what the run owes. Nobody may learn that it was done; then it is done again.</summary>
    private void Deliver()
    {
        if (_run.Owed.IsEmpty)
        {
            return;
        }

        var order = _random.Pick(_run.DueOrders(100));
        switch (order)
        {
            case RunOrder.StartChild start:
                if (_children.TryAdd(start.Child, start.Order))
                {
                    _running.Add(start.Child);
                }
                else if (_children[start.Child] != start.Order)
                {
                    Violate($"child {start.Child} was ordered again, as another one");
                }

                break;
            case RunOrder.CancelChild cancel:
                if (!_children.ContainsKey(cancel.Child))
                {
                    Violate($"child {cancel.Child} was cancelled before it was started");
                }
                else if (_running.Contains(cancel.Child))
                {
                    End(cancel.Child, new WorkflowCommand.ChildEnded(cancel.Child, WorkflowRunStatus.Cancelled, default, "cancelled"));
                }

                break;
        }

        if (_random.Chance(0.8))
        {
            Do(new WorkflowCommand.Delivered(order.Number));
        }
    }

    private void EndChild()
    {
        if (_running.Count == 0)
        {
            return;
        }

        var child = _random.Pick(_running);
        var order = _children[child];
        var name = order.Workflow[(order.Workflow.IndexOf('-', StringComparison.Ordinal) + 1)..];
        End(child, FlowParts.ChildOutput(name, JsonSerializer.Deserialize<int>(order.Input.Utf8.Span)) is { } output
            ? new WorkflowCommand.ChildEnded(child, WorkflowRunStatus.Completed, Write(output))
            : new WorkflowCommand.ChildEnded(child, WorkflowRunStatus.Failed, default, "it failed"));
    }

    private void End(string child, WorkflowCommand.ChildEnded ended)
    {
        _running.Remove(child);
        Do(ended);
        _sent.Add(ended);
    }

    private void Update()
    {
        if (_run.IsFinal || !_random.Chance(0.3))
        {
            return;
        }

        var refused = _random.Chance(0.2);
        var id = string.Create(CultureInfo.InvariantCulture, $"u{_updates.Count + 1}");
        var update = new WorkflowCommand.Update(id, FlowParts.TouchUpdate, Write(refused ? FlowParts.RefusedPrefix + id : id));
        _updates.Add((id, refused));
        Do(update);
        _sent.Add(update);
    }

    /// <summary>Back to before some step, where the log is whole and the version was the same.</summary>
    private void Reset()
    {
        if (_resets >= _resetsAtMost || _run.IsFinal || _run.LogStart > 0 || _run.Workflow.Version > 1 || !_random.Chance(0.2))
        {
            return;
        }

        var events = _rows.SelectMany(row => WorkflowEventJson.Read(row)).ToList();
        var steps = events.OfType<WorkflowRunEvent.Committed>().Where(step => step.Outcome.Result.IsDefault).Select(step => step.Item).ToList();
        if (steps.Count == 0)
        {
            return;
        }

        var item = _random.Pick(steps);
        try
        {
            Do(new WorkflowCommand.Reset(item, WorkflowReset.Before(WorkflowRunState.None(_workflow.Definition.Compiled), events, item)));
            _resets++;
        }
        catch (FlowException failure)
        {
            Violate($"the run could not go back to before item {item}: {failure.Message}");
        }
    }

    private void Migrate()
    {
        if (_run.IsFinal || _run.Workflow.Version > 1)
        {
            return;
        }

        try
        {
            if (Do(new WorkflowCommand.Migrate(_workflow.NextVersion.PlanMigration(_run))).Refused is { } refused)
            {
                Violate($"a plan that was made for the run was refused: {refused}");
            }
        }
        catch (FlowException failure)
        {
            Violate($"the run could not move to its next version: {failure.Message}");
        }
    }

    private bool WaitsForAChild(WorkItem item) => item.Status == WorkItemStatus.WaitingForChildren
        && item.Children.Any(child => child.Status == WorkflowRunStatus.Running && (_running.Contains(child.Child) || _run.Owed.Values.Any(order => order is RunOrder.StartChild start && start.Child == child.Child)));

    /// <summary>However the run ended, what it owes is done, and no child is left that was to end with it.</summary>
    private void JudgeOthers()
    {
        while (_violation is null && !_run.Owed.IsEmpty)
        {
            Deliver();
        }

        if (_running.Find(child => _children[child].CancelWithParent) is { } left)
        {
            Violate($"child {left} was to end with its parent, and goes on");
        }

        var open = _updates.Where(update => _run.Updates.All(result => result.Id != update.Id)).Select(update => update.Id).ToList();
        if (open.Count > 0 && _updates.Count <= WorkflowRunDecider.MaxUpdateResults)
        {
            Violate($"updates {string.Join(", ", open)} were never answered");
        }
    }

    /// <summary>Of a run that has completed: as many children as a sequential run starts, and the effect of each update that was answered well.</summary>
    private void JudgeWhatCame()
    {
        var context = Current.ReadContext(_run);
        foreach (var result in _run.Updates)
        {
            var (count, wanted) = (context[FlowParts.TouchOf(result.Id)].Value, result.Failure is null ? 1 : 0);
            if (count != wanted && _resets == 0)
            {
                Violate($"update {result.Id} ({result.Failure ?? "accepted"}) had {count} effects");
            }
            else if (result.Failure is null && _updates.Contains((result.Id, true)))
            {
                Violate($"update {result.Id} was to be refused, and was not");
            }
        }

        var started = _children.Values.GroupBy(order => order.Workflow, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        foreach (var (workflow, wanted) in _workflow.Visits.Children)
        {
            var count = started.GetValueOrDefault(workflow);
            if (_resets == 0 ? count != wanted : count < wanted)
            {
                Violate($"{count} children of {workflow} were started instead of {wanted}");
            }
        }
    }
}
