using System.Text;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>That the events of a run, stored and read again, come to its state.</summary>
internal static class RunFolds
{
    /// <summary>The run as text: two runs are the same when these are.</summary>
    public static string Text(WorkflowRunState run) => Encoding.UTF8.GetString(WorkflowRunJson.WriteSnapshot(run));

    /// <summary>A decision's events lead from the state before it to the state after it: as they are, stored, and from a stored state.</summary>
    public static void AssertLeads(WorkflowRunState before, WorkflowDecision decision)
    {
        var expected = Text(decision.State);
        var stored = WorkflowEventJson.Read(WorkflowEventJson.ToUtf8(decision.Events));
        Assert.Equal(decision.Events.Length, stored.Length);
        Assert.Equal(expected, Text(WorkflowRunDecider.ApplyAll(before, decision.Events)));
        Assert.Equal(expected, Text(WorkflowRunDecider.ApplyAll(before, stored)));
        if (before.Status != WorkflowRunStatus.None)
        {
            Assert.Equal(expected, Text(WorkflowRunDecider.ApplyAll(Stored(before), stored)));
        }

        if (decision.Events.IsEmpty)
        {
            Assert.Same(before, decision.State);
        }

        AssertIndexes(decision.State);
    }

    /// <summary>All events of a run, and those after any stored state of it, come to the run.</summary>
    public static void AssertFolds(CompiledWorkflow workflow, IReadOnlyList<byte[]> rows, IReadOnlyList<WorkflowRunState> states)
    {
        var expected = Text(states[^1]);
        var events = rows.SelectMany(row => WorkflowEventJson.Read(row)).ToList();
        Assert.Equal(expected, Text(WorkflowRunDecider.ApplyAll(WorkflowRunState.None(workflow), events)));
        Assert.Equal(events.Count, states[^1].Position);
        foreach (var middle in states.Where((_, place) => place % (1 + (states.Count / 8)) == 0 && states[place].Status != WorkflowRunStatus.None))
        {
            Assert.Equal(expected, Text(WorkflowRunDecider.ApplyAll(Stored(middle), events.Skip((int)middle.Position))));
        }
    }

    public static WorkflowRunState Stored(WorkflowRunState run)
    {
        var stored = WorkflowRunJson.ReadSnapshot(WorkflowRunJson.WriteSnapshot(run), run.Workflow);
        Assert.Equal(Text(run), Text(stored));
        AssertIndexes(stored);
        return stored;
    }

    public static void AssertIndexes(WorkflowRunState run)
    {
        var items = run.Items.Values.ToList();
        Assert.Equal(items.Where(item => item.Status == WorkItemStatus.Pending).Select(item => item.Id), run.Pending.ToList());
        Assert.Equal(items.Where(item => item.DueUtc is not null).Select(item => (item.DueUtc!.Value.UtcTicks, item.Id)).Order(), run.Due.ToList());
        Assert.Equal(
            items.Where(item => item.Status == WorkItemStatus.WaitingForSignal).Select(item => (item.Signal!, item.Id)).OrderBy(pair => pair.Item1, StringComparer.Ordinal).ThenBy(pair => pair.Id),
            run.Awaiting.ToList());
        var lanes = Lanes(run);
        Assert.Equal(lanes.Distinct(), lanes);
        Assert.Equal(lanes.Count == 0 ? 0 : lanes[^1] + 1, run.LaneTop);
        Assert.Equal(Enumerable.Range(0, run.LaneTop).Except(lanes), run.FreeLanes.ToList());
        Assert.Equal(Enumerable.Range(0, run.LiveAt.Count).Select(node => items.Count(item => item.Node == node)), run.LiveAt);
        Assert.Equal(items.Where(item => item.Update is not null).Select(item => item.Id).Order(), run.OpenUpdates.Values.Order());
    }

    public static List<int> Lanes(WorkflowRunState run) =>
        [.. run.Items.Values.Where(item => item.Status == WorkItemStatus.InProgress).Select(item => item.Lane).Order()];
}
