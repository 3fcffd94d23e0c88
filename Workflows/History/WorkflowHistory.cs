using System.Globalization;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>Tells what happened to a run, from its events.</summary>
public static class WorkflowHistory
{
    /// <summary>The history of a run, line by line.</summary>
    /// <param name="from">The run at the beginning of <paramref name="events"/>: <see cref="WorkflowRunState.None"/> or a snapshot.</param>
    /// <param name="events">Its events since, in order; read as the lines are asked for.</param>
    public static IEnumerable<WorkflowHistoryLine> Lines(WorkflowRunState from, IEnumerable<WorkflowRunEvent> events)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(events);
        return Tell(from, events);
    }

    private static IEnumerable<WorkflowHistoryLine> Tell(WorkflowRunState before, IEnumerable<WorkflowRunEvent> events)
    {
        foreach (var happened in events)
        {
            var after = WorkflowRunDecider.Apply(before, happened);
            foreach (var line in Lines(before, after, happened).Concat(Consequences(before, after)))
            {
                yield return line with { Position = before.Position, TimeUtc = happened.AtUtc };
            }

            before = after;
        }
    }

    private static IEnumerable<WorkflowHistoryLine> Lines(WorkflowRunState before, WorkflowRunState after, WorkflowRunEvent happened) => happened switch
    {
        WorkflowRunEvent.Started started => [Line(WorkflowHistoryKind.RunStarted, $"run '{started.RunId}' of workflow '{started.Workflow}', version {started.Version}", started.Input)],
        WorkflowRunEvent.Leased leased => [Line(WorkflowHistoryKind.StepStarted, $"attempt {after.Items[leased.Item].Attempts}{By(leased.Worker)}, epoch {leased.Epoch}", after, after.Items[leased.Item])],
        WorkflowRunEvent.Committed committed => Committed(before, after, before.Items[committed.Item], committed.Outcome),
        WorkflowRunEvent.Failed failed => [Failed(before, before.Items[failed.Item], failed)],
        WorkflowRunEvent.Lost lost => [Line(WorkflowHistoryKind.LeaseLost, $"epoch {lost.Epoch}{By(before.Items[lost.Item].Worker)}{(lost.IsTakeover ? ", which was lost" : "")}", before, before.Items[lost.Item])],
        WorkflowRunEvent.Ticked => Due(before, happened.AtUtc),
        WorkflowRunEvent.Signalled signalled => [Line(WorkflowHistoryKind.SignalReceived, $"signal '{signalled.Name}'{(signalled.Id is null ? "" : $", id '{signalled.Id}'")}", signalled.Payload)],
        WorkflowRunEvent.UpdateAsked asked => [Line(WorkflowHistoryKind.UpdateRequested, $"id '{asked.Id}'", after, after.Items[after.LastItem])],
        WorkflowRunEvent.Folded folded => [Line(WorkflowHistoryKind.ContextFolded, $"up to version {folded.Version}")],
        WorkflowRunEvent.Described described => [Line(WorkflowHistoryKind.Described, Attributes(described.Attributes))],
        WorkflowRunEvent.ChildFinished child => [Line(WorkflowHistoryKind.ChildEnded, $"'{child.Child}' ended ({child.Status}){(child.Failure is null ? "" : $": {child.Failure}")}", child.Output)],
        WorkflowRunEvent.OrderDelivered delivered => [Line(WorkflowHistoryKind.OrderDelivered, before.Owed.TryGetValue(delivered.Order, out var order) ? Order(order) : $"order {delivered.Order}")],
        WorkflowRunEvent.Attached attached => [Line(
            WorkflowHistoryKind.RunAttached,
            before.Status == WorkflowRunStatus.Completed ? "its parent is told of its end again" : before.IsFinal ? $"from its start: link {after.Link} follows link {before.Link}" : "its parent is told when it ends",
            before.IsFinal ? attached.Input : default)],
        WorkflowRunEvent.Restored restored => [Line(WorkflowHistoryKind.RunReset, $"to before item {restored.Item} was committed")],
        WorkflowRunEvent.Migrated migrated => [Line(WorkflowHistoryKind.RunMigrated, $"from version {before.Workflow.Version} to {migrated.Plan.Workflow.Version}")],
        WorkflowRunEvent.Steered { Kind: SteerKind.Pause, Reason: var why } => [Line(WorkflowHistoryKind.RunPaused, why ?? "")],
        WorkflowRunEvent.Steered { Kind: SteerKind.Unpause } => [Line(WorkflowHistoryKind.RunResumed, "")],
        WorkflowRunEvent.Steered { Kind: SteerKind.Reopen } => [Line(WorkflowHistoryKind.RunReopened, $"{after.Pending.Count} items are pending again")],
        _ => [],
    };

    /// <summary>What the event does not say itself, but what followed from it: joins that went on, children, the end.</summary>
    private static IEnumerable<WorkflowHistoryLine> Consequences(WorkflowRunState before, WorkflowRunState after)
    {
        foreach (var order in after.Owed.Values)
        {
            if (order.Number > before.LastOrder && order is RunOrder.StartChild start)
            {
                yield return Line(WorkflowHistoryKind.ChildOrdered, $"{Order(start)}{(start.Order.Await ? ", awaited" : "")}", start.Order.Input);
            }
        }

        foreach (var item in after.Items.Values)
        {
            if (item.Node >= 0 && item.Status == WorkItemStatus.Pending && after.Workflow.Nodes[item.Node].Join is not null && ReferenceEquals(before.Workflow, after.Workflow) && after.Visits[item.Node] > before.Visits[item.Node]
                && (!before.Items.TryGetValue(item.Id, out var joining) || joining.Status == WorkItemStatus.Joining))
            {
                yield return Line(WorkflowHistoryKind.Joined, "", after, item);
            }
        }

        if (after.IsFinal && !before.IsFinal)
        {
            yield return after.Status switch
            {
                WorkflowRunStatus.Completed => Line(WorkflowHistoryKind.RunCompleted, "", after.Outputs[^1]),
                WorkflowRunStatus.Cancelled => Line(WorkflowHistoryKind.RunCancelled, after.Reason ?? ""),
                _ => Line(WorkflowHistoryKind.RunFailed, after.Failure ?? ""),
            };
        }
    }

    private static IEnumerable<WorkflowHistoryLine> Committed(WorkflowRunState before, WorkflowRunState after, WorkItem item, StepOutcome outcome)
    {
        if (item.Update is not null)
        {
            return [Line(WorkflowHistoryKind.UpdateAnswered, $"id '{item.UpdateId}'", before, item) with { Payload = outcome.Result }];
        }

        var until = outcome.DueUtc is { } due ? string.Create(CultureInfo.InvariantCulture, $" until {due:yyyy-MM-dd HH:mm:ss.fff}") : "";
        if (outcome.ContinueAsNew is not null)
        {
            return
            [
                Line(WorkflowHistoryKind.StepCompleted, "", before, item),
                Line(WorkflowHistoryKind.RunContinued, $"from its start: link {after.Link} follows link {before.Link}", outcome.ContinueAsNew.Input),
            ];
        }

        if (outcome.GoesOn)
        {
            var why = outcome.Signal is { } signal ? $"for signal '{signal}'{until}" : outcome.Repeat ? $"to run again{until}" : $"for its child runs{until}";
            return [Line(WorkflowHistoryKind.StepWaits, why, before, item)];
        }

        var next = outcome.Successors.Select(seed => $"'{after.Workflow.Nodes[seed.Node].Name}'").Concat(outcome.Outputs.Select(_ => "an output")).ToList();
        var text = next.Count == 0 ? "nothing follows" : $"{string.Join(", ", next.Take(5))}{(next.Count > 5 ? $" and {next.Count - 5} more" : "")}{(until.Length == 0 ? "" : $" after a sleep{until}")}";
        return [Line(WorkflowHistoryKind.StepCompleted, text, before, item) with { Payload = outcome.Outputs.IsEmpty ? default : outcome.Outputs[^1] }];
    }

    private static WorkflowHistoryLine Failed(WorkflowRunState before, WorkItem item, WorkflowRunEvent.Failed failed) => failed.RetryUtc is { } retry
        ? Line(WorkflowHistoryKind.StepFailed, string.Create(CultureInfo.InvariantCulture, $"{failed.Message} (next attempt {retry:yyyy-MM-dd HH:mm:ss.fff})"), before, item)
        : Line(WorkflowHistoryKind.StepGaveUp, failed.Message, before, item);

    private static IEnumerable<WorkflowHistoryLine> Due(WorkflowRunState before, DateTimeOffset nowUtc)
    {
        foreach (var (dueTicks, id) in before.Due)
        {
            if (dueTicks > nowUtc.UtcTicks || before.Status != WorkflowRunStatus.Running || before.DeadlineUtc <= nowUtc)
            {
                yield break;
            }

            var item = before.Items[id];
            yield return Line(
                WorkflowHistoryKind.TimerFired,
                item.Status switch
                {
                    WorkItemStatus.WaitingRetry => "its next attempt is due",
                    WorkItemStatus.Sleeping => "its sleep is over",
                    WorkItemStatus.WaitingForSignal => $"signal '{item.Signal}' did not come in time",
                    WorkItemStatus.WaitingForChildren => "its child runs did not end in time",
                    WorkItemStatus.Joining => $"its time is up, with {item.Parts.Count} items",
                    _ => "it runs again",
                },
                before,
                item);
        }
    }

    private static string Order(RunOrder order) => order switch
    {
        RunOrder.StartChild start => $"run '{start.Child}' of workflow '{start.Order.Workflow}'",
        RunOrder.CancelChild cancel => $"run '{cancel.Child}' was cancelled",
        RunOrder.TellParent tell => $"run '{tell.Parent}' was told",
        _ => $"order {order.Number}",
    };

    private static string Attributes(IEnumerable<KeyValuePair<string, string?>> attributes) =>
        string.Join(", ", attributes.Select(pair => pair.Value is null ? $"{pair.Key} removed" : $"{pair.Key} = {pair.Value}"));

    private static string By(string? worker) => worker is null ? "" : $" by {worker}";

    private static WorkflowHistoryLine Line(WorkflowHistoryKind kind, string text, Payload payload = default) => new(0, default, kind, text, Payload: payload);

    private static WorkflowHistoryLine Line(WorkflowHistoryKind kind, string text, WorkflowRunState run, WorkItem item) =>
        new(0, default, kind, text, item.Id, item.Update ?? run.Workflow.Nodes[item.Node].Name, item.Attempts, item.Input);
}
