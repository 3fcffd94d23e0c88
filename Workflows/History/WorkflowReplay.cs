using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>Runs a history again, against a definition of today: for tests that say whether runs that are under way could go on with it.</summary>
/// <remarks>
/// No node's code is called: what it returned is in the history. What the definition decides is decided anew and compared after each event: which node
/// runs, where its outputs may go, whether a failure is retried or falls back, when joins go on, and how and with what the run ends. Of a run that was moved to
/// a newer version, what came after its last move is replayed.
/// </remarks>
public static class WorkflowReplay
{
    /// <summary>Replays a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="today">The definition.</param>
    public static ReplayReport Check(WorkflowHistoryFile history, CompiledWorkflow today)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(today);
        var then = history.Beginning;
        var first = 0;
        for (var place = history.Events.Length - 1; place >= 0; place--)
        {
            if (history.Events[place] is WorkflowRunEvent.Migrated)
            {
                // What was before the last migration was another definition's.
                first = place + 1;
                then = WorkflowRunDecider.ApplyAll(then, history.Events.Take(first));
                break;
            }
        }

        if (today.Name != history.Definition.Name)
        {
            return new(0, new ReplayDivergence(then.Position, then.StartedUtc, "the definition", $"workflow '{history.Definition.Name}'", $"workflow '{today.Name}'"));
        }

        var map = new NodeMap(then.Workflow, today);
        if (map.Lost(then) is { } gone)
        {
            return new(0, new ReplayDivergence(then.Position, then.StartedUtc, "the beginning of the log", $"node '{gone}'", "no node of that name"));
        }

        var now = then.Status == WorkflowRunStatus.None ? WorkflowRunState.None(today) : map.Map(then);
        for (var place = first; place < history.Events.Length; place++)
        {
            var happened = history.Events[place];
            var before = then;
            then = WorkflowRunDecider.Apply(then, happened);
            var difference = Decide(happened, before, map, ref now) ?? RunDifference.Between(then, now);
            if (difference is { } found)
            {
                return new(place + 1, new ReplayDivergence(before.Position, happened.AtUtc, Describe(before, happened), found.Expected, found.Found));
            }
        }

        return new(history.Events.Length, null);
    }

    /// <summary>Applies an event under today's definition; what is wrong with it when it cannot be applied.</summary>
    private static (string Expected, string Found)? Decide(WorkflowRunEvent happened, WorkflowRunState before, NodeMap map, ref WorkflowRunState now)
    {
        var today = now.Workflow;
        switch (happened)
        {
            case WorkflowRunEvent.Started started:
                happened = started with { Version = today.Version, Hash = today.Hash };
                break;
            case WorkflowRunEvent.Committed committed:
                if (map.Lost(committed.Outcome.Successors.Select(seed => seed.Node)) is { } gone)
                {
                    return ($"node '{gone}' to follow", "no node of that name");
                }

                var outcome = map.Map(committed.Outcome);
                if (OutcomeRules.Problem(now, now.Items[committed.Item], outcome) is { } problem)
                {
                    return (Follows(before, committed), $"that it is refused: {problem.TrimEnd('.')}");
                }

                if (Missed(now, now.Items[committed.Item], outcome) is { } missed)
                {
                    return (Follows(before, committed), $"that '{missed}' follows as well");
                }

                happened = committed with { Outcome = outcome };
                break;
            case WorkflowRunEvent.Failed failed:
                if (Retries(before, now, failed) is { } other)
                {
                    return other;
                }

                break;
            case WorkflowRunEvent.Restored restored:
                var run = WorkflowRunJson.ReadSnapshot(restored.Run.Utf8.Span, before.Workflow);
                if (map.Lost(run) is { } lost)
                {
                    return ($"node '{lost}'", "no node of that name");
                }

                happened = restored with { Run = new Payload(WorkflowRunJson.WriteSnapshot(map.Map(run))) };
                break;
            default:
                break;
        }

        try
        {
            now = WorkflowRunDecider.Apply(now, happened);
            return null;
        }
        catch (FlowException error) when (error.Code == FlowErrorCode.StateCorrupt)
        {
            return ("that the event applies", error.Message.TrimEnd('.'));
        }
    }

    /// <summary>A node that gets every output today and got none; null when there is none.</summary>
    private static string? Missed(WorkflowRunState now, WorkItem item, StepOutcome outcome)
    {
        // What holds, waits or ends passes nothing on; and what ends may be one of several outputs, which an end does not take.
        if (item.Node < 0 || outcome.Successors.IsEmpty)
        {
            return null;
        }

        foreach (var edge in now.Workflow.Nodes[item.Node].Edges)
        {
            if (edge.Kind == EdgeKind.Direct && edge.Target >= 0 && !outcome.Successors.Any(seed => seed.Node == edge.Target))
            {
                return now.Workflow.Nodes[edge.Target].Name;
            }
        }

        return null;
    }

    /// <summary>Whether today's policy of the node decides otherwise about another attempt.</summary>
    private static (string Expected, string Found)? Retries(WorkflowRunState before, WorkflowRunState now, WorkflowRunEvent.Failed failed)
    {
        var item = before.Items[failed.Item];
        if (item.Node < 0 || failed.Code == FlowErrorCode.TooManyTakeovers)
        {
            // An update's, or no failure of the node's: its workers were lost.
            return null;
        }

        var (then, today) = (before.Workflow.Nodes[item.Node].Retry, now.Workflow.Nodes[now.Items[failed.Item].Node].Retry);
        var retried = failed.RetryUtc is not null;

        // Neither says: the worker's policy decided, which is no part of a definition. A failure that its policy would have retried was one that nothing mends.
        if ((then is null && today is null) || then == today || (!retried && (then ?? before.DefaultRetry).ShouldRetry(failed.Kind, item.Attempts)))
        {
            return null;
        }

        return (today ?? StepRetryPolicy.Default).ShouldRetry(failed.Kind, item.Attempts) == retried
            ? null
            : (retried ? $"another attempt after attempt {item.Attempts}" : $"attempt {item.Attempts} to be the last", retried ? "that it was the last" : "another attempt");
    }

    private static string Follows(WorkflowRunState before, WorkflowRunEvent.Committed committed)
    {
        var names = committed.Outcome.Successors.Select(seed => $"'{before.Workflow.Nodes[seed.Node].Name}'").Concat(committed.Outcome.Outputs.Select(_ => "an output of the run")).ToList();
        return names.Count == 0 ? "that the step is committed" : $"{string.Join(", ", names)} to follow";
    }

    private static string Describe(WorkflowRunState before, WorkflowRunEvent happened) =>
        WorkflowHistory.Lines(before, [happened]).FirstOrDefault() is { } line ? $"{line.Kind}{(line.Node is null ? "" : $" of '{line.Node}'")}" : happened.GetType().Name;
}
