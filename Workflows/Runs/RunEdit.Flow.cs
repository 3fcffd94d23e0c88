using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <content>How items follow from each other: successors, joins, and the end of a run.</content>
internal sealed partial class RunEdit
{
    /// <summary>Which node was to run more often than it may; the run then fails.</summary>
    private string? _overrun;

    /// <summary>Brings the items and outputs that follow from a step.</summary>
    private void Follow(ImmutableArray<ItemSeed> successors, ImmutableArray<Payload> outputs, DateTimeOffset nowUtc)
    {
        foreach (var output in outputs)
        {
            var draft = Draft();
            draft.Outputs = Workflow.Output switch
            {
                OutputRule.First => draft.Outputs.IsEmpty ? [output] : draft.Outputs,
                OutputRule.Last => [output],
                _ => draft.Outputs.Add(output),
            };
        }

        foreach (var seed in successors)
        {
            Begin(seed, nowUtc);
        }
    }

    private void Begin(ItemSeed seed, DateTimeOffset nowUtc)
    {
        if (Workflow.Nodes[seed.Node].Join is { } rule)
        {
            Arrive(seed, rule, nowUtc);
        }
        else
        {
            Visit(seed.Node);
            Put(new WorkItem { Id = NextId(), Node = seed.Node, Input = seed.Input });
        }
    }

    private void Arrive(ItemSeed seed, JoinRule rule, DateTimeOffset nowUtc)
    {
        if (State.ClosedJoins.Contains(seed.Node))
        {
            return;
        }

        WorkItem join;
        if (State.OpenJoins.TryGetValue(seed.Node, out var open))
        {
            join = Item(open);
        }
        else
        {
            join = new WorkItem { Id = NextId(), Node = seed.Node, Status = WorkItemStatus.Joining, DueUtc = nowUtc + rule.AtMost };
            Draft().OpenJoins = State.OpenJoins.SetItem(seed.Node, join.Id);
        }

        join = join with { Parts = join.Parts.Add(seed.Input) };
        Put(join);
        if (join.Parts.Count >= rule.Wanted)
        {
            Release(join);
        }
    }

    /// <summary>Lets a join go on with what has come.</summary>
    private void Release(WorkItem join)
    {
        Visit(join.Node);
        var draft = Draft();
        draft.OpenJoins = draft.OpenJoins.Remove(join.Node);
        if (Workflow.Nodes[join.Node].Join!.Kind != JoinKind.All)
        {
            draft.ClosedJoins = draft.ClosedJoins.Add(join.Node);
        }

        Put(join with { Status = WorkItemStatus.Pending, Input = Payload.ArrayOf(join.Parts), Parts = [], DueUtc = null });
    }

    private void Visit(int node)
    {
        var draft = Draft();
        draft.Visits = draft.Visits.Add(node, 1);
        if (draft.Visits[node] > Workflow.Nodes[node].MaxVisits)
        {
            _overrun ??= $"Node '{Workflow.Nodes[node].Name}' may run {Workflow.Nodes[node].MaxVisits} times in a run and was to run once more. Its loop does not end, or AtMost is too small.";
        }
    }

    /// <summary>What is true after every event: overrun loops end the run, joins that nothing can reach go on, a run without items has ended.</summary>
    private void Settle(DateTimeOffset nowUtc)
    {
        EndOverrun(nowUtc);
        while (!State.OpenJoins.IsEmpty && !State.IsFinal && QuietJoin() is { } ready)
        {
            Release(ready);
            EndOverrun(nowUtc);
        }

        if (State.IsFinal || State.Status == WorkflowRunStatus.Paused)
        {
            return;
        }

        var steps = State.Items.Count - State.OpenUpdates.Count;
        if (steps == 0)
        {
            if (State.Outputs.IsEmpty)
            {
                End(WorkflowRunStatus.Failed, nowUtc, $"The run of workflow '{Workflow.Name}' ended without an output: no item came to an end that returns one.", FlowErrorCode.NoTerminalOutput);
            }
            else
            {
                End(WorkflowRunStatus.Completed, nowUtc);
            }
        }
        else if (!State.OpenJoins.IsEmpty && steps == State.OpenJoins.Count && State.Due.IsEmpty)
        {
            var (node, item) = State.OpenJoins.First();
            var join = Workflow.Nodes[node];
            End(WorkflowRunStatus.Failed, nowUtc, $"Join '{join.Name}' wants {join.Join!.Wanted} items; {Item(item).Parts.Count} came and no more can come.", FlowErrorCode.BadInput);
        }
    }

    private void EndOverrun(DateTimeOffset nowUtc)
    {
        if (_overrun is { } overrun)
        {
            _overrun = null;
            if (!State.IsFinal)
            {
                End(WorkflowRunStatus.Failed, nowUtc, overrun, FlowErrorCode.LimitExceeded);
            }
        }
    }

    private WorkItem? QuietJoin()
    {
        foreach (var (node, item) in State.OpenJoins)
        {
            if (IsQuiet(node))
            {
                return Item(item);
            }
        }

        return null;
    }

    /// <summary>True for a join that waits for all and that no live item can reach.</summary>
    private bool IsQuiet(int join)
    {
        if (Workflow.Nodes[join].Join!.Kind != JoinKind.All)
        {
            return false;
        }

        // Whichever is shorter, the items or the nodes.
        if (State.Items.Count < State.LiveAt.Count)
        {
            foreach (var item in State.Items.Values)
            {
                if (item.Node >= 0 && Holds(item.Node, join))
                {
                    return false;
                }
            }

            return true;
        }

        for (var node = 0; node < State.LiveAt.Count; node++)
        {
            if (Holds(node, join))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when an item at the node keeps the join waiting.</summary>
    private bool Holds(int node, int join)
    {
        if (State.LiveAt[node] == 0 || !Workflow.CanReach(node, join))
        {
            return false;
        }

        // Of two joins that can reach each other the one that was declared first goes on.
        var collects = State.OpenJoins.ContainsKey(node) ? 1 : 0;
        var yields = node == join || (join < node && Workflow.CanReach(join, node)) ? collects : 0;
        return State.LiveAt[node] > yields;
    }

    /// <summary>Ends a run; whatever is left of it is dropped, so that nothing in flight can commit any more.</summary>
    private void End(WorkflowRunStatus status, DateTimeOffset nowUtc, string? failure = null, FlowErrorCode? code = null, bool forGood = false)
    {
        var draft = Draft();
        foreach (var (id, item) in draft.OpenUpdates)
        {
            draft.Updates = Newest(draft.Updates, new UpdateResult(id, default, $"The run ended ({status}) before update '{draft.Items[item].Update}' was answered.", FlowErrorCode.AlreadyEnded), WorkflowRunDecider.MaxUpdateResults);
            draft.Items = draft.Items.Remove(item);
        }

        draft.Status = status;
        draft.Failure = failure;
        draft.FailureCode = code;
        draft.Reason = status == WorkflowRunStatus.Cancelled || forGood ? draft.Reason : null;
        draft.EndedUtc = nowUtc;
        draft.Left = status == WorkflowRunStatus.Failed && !forGood && draft.Items.Count > 0 ? new(draft.Items, draft.OpenJoins, draft.Outputs) : null;
        if (status != WorkflowRunStatus.Completed)
        {
            draft.Outputs = [];
        }

        draft.OpenUpdates = draft.OpenUpdates.Clear();
        draft.OpenJoins = draft.OpenJoins.Clear();
        DropItems(draft);
        SayGoodbye(draft);
    }

    private static void DropItems(WorkflowRunState draft)
    {
        if (!draft.Items.IsEmpty)
        {
            draft.Items = draft.Items.Clear();
            draft.LiveAt = new NodeCounts(draft.Workflow.Nodes.Length);
        }

        // Also without items: of updates that were answered by the end the indexes are left.
        (draft.Pending, draft.Due, draft.Awaiting) = ([], [], WorkflowRunState.NoneAwaiting);
        (draft.LaneTop, draft.FreeLanes) = (0, []);
    }
}
