using System.Collections.Immutable;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>Changes a run while one command is decided; what it leaves is committed as a whole.</summary>
internal sealed class RunEdit(WorkflowRunState state)
{
    public WorkflowRunState State { get; set; } = state;

    private CompiledWorkflow Workflow => State.Workflow;

    /// <summary>Replaces an item and keeps the indexes true.</summary>
    public void Put(WorkItem item)
    {
        State.Items.TryGetValue(item.Id, out var before);
        Unindex(before);
        State = State with
        {
            Items = State.Items.SetItem(item.Id, item),
            Pending = item.Status == WorkItemStatus.Pending ? State.Pending.Add(item.Id) : State.Pending,
            Due = item.DueUtc is { } due ? State.Due.Add((due.UtcTicks, item.Id)) : State.Due,
            Lanes = item.Status == WorkItemStatus.InProgress ? State.Lanes.Add(item.Lane) : State.Lanes,
            LiveAt = before is null ? State.LiveAt.SetItem(item.Node, State.LiveAt[item.Node] + 1) : State.LiveAt,
        };
    }

    /// <summary>Takes an item out: it is done.</summary>
    public void Remove(WorkItem item)
    {
        Unindex(item);
        State = State with { Items = State.Items.Remove(item.Id), LiveAt = State.LiveAt.SetItem(item.Node, State.LiveAt[item.Node] - 1) };
    }

    /// <summary>Brings the items and outputs that follow from a step.</summary>
    public void Follow(ImmutableArray<ItemSeed> successors, ImmutableArray<Payload> outputs, DateTimeOffset nowUtc)
    {
        foreach (var output in outputs)
        {
            State = State with
            {
                Outputs = Workflow.Output switch
                {
                    OutputRule.First => State.Outputs.IsEmpty ? [output] : State.Outputs,
                    OutputRule.Last => [output],
                    _ => State.Outputs.Add(output),
                },
            };
        }

        foreach (var seed in successors)
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
    }

    /// <summary>Lets a join go on with what has come.</summary>
    public void Release(WorkItem join)
    {
        Visit(join.Node);
        State = State with
        {
            OpenJoins = State.OpenJoins.Remove(join.Node),
            ClosedJoins = Workflow.Nodes[join.Node].Join!.Kind == JoinKind.All ? State.ClosedJoins : State.ClosedJoins.Add(join.Node),
        };
        Put(join with { Status = WorkItemStatus.Pending, Input = Payload.ArrayOf(join.Parts), Parts = [], DueUtc = null });
    }

    /// <summary>Ends a run; whatever is left of it is dropped, so that nothing in flight can commit any more.</summary>
    public void End(WorkflowRunStatus status, string? failure = null, FlowErrorCode? code = null) => State = State with
    {
        Status = status,
        Failure = failure,
        FailureCode = code,
        Items = State.Items.Clear(),
        Pending = State.Pending.Clear(),
        Due = State.Due.Clear(),
        Lanes = State.Lanes.Clear(),
        OpenJoins = State.OpenJoins.Clear(),
        LiveAt = [.. State.LiveAt.Select(_ => 0)],
        Outputs = status == WorkflowRunStatus.Completed ? State.Outputs : [],
    };

    /// <summary>Lets joins go on that nothing can reach any more, and ends the run when nothing is left.</summary>
    public void Settle()
    {
        while (!State.IsFinal && State.OpenJoins.FirstOrDefault(open => IsQuiet(open.Key), new(-1, 0)) is { Key: >= 0 } ready)
        {
            Release(State.Items[ready.Value]);
        }

        if (State.IsFinal || State.Status == WorkflowRunStatus.Paused)
        {
            return;
        }

        if (State.Items.IsEmpty)
        {
            var failure = State.Outputs.IsEmpty ? $"The run of workflow '{Workflow.Name}' ended without an output: no item came to an end that returns one." : null;
            End(failure is null ? WorkflowRunStatus.Completed : WorkflowRunStatus.Failed, failure, failure is null ? null : FlowErrorCode.NoTerminalOutput);
        }
        else if (State.Items.Count == State.OpenJoins.Count && State.Due.IsEmpty)
        {
            var (node, item) = State.OpenJoins.First();
            var join = Workflow.Nodes[node];
            End(WorkflowRunStatus.Failed, $"Join '{join.Name}' wants {join.Join!.Wanted} items; {State.Items[item].Parts.Count} came and no more can come.", FlowErrorCode.BadInput);
        }
    }

    private void Arrive(ItemSeed seed, JoinRule rule, DateTimeOffset nowUtc)
    {
        if (State.ClosedJoins.Contains(seed.Node))
        {
            return;
        }

        var join = State.OpenJoins.TryGetValue(seed.Node, out var open)
            ? State.Items[open]
            : new WorkItem { Id = NextId(), Node = seed.Node, Status = WorkItemStatus.Joining, DueUtc = nowUtc + rule.AtMost };
        join = join with { Parts = join.Parts.Add(seed.Input) };
        Put(join);
        State = State with { OpenJoins = State.OpenJoins.SetItem(seed.Node, join.Id) };
        if (join.Parts.Count >= rule.Wanted)
        {
            Release(join);
        }
    }

    /// <summary>True for a join that waits for all and that no live item can reach.</summary>
    private bool IsQuiet(int join)
    {
        if (Workflow.Nodes[join].Join!.Kind != JoinKind.All)
        {
            return false;
        }

        for (var node = 0; node < State.LiveAt.Length; node++)
        {
            var collects = State.OpenJoins.ContainsKey(node) ? 1 : 0;

            // Of two joins that can reach each other the one that was declared first goes on.
            var yields = node == join || (join < node && Workflow.CanReach(join, node)) ? collects : 0;
            if (State.LiveAt[node] > yields && Workflow.CanReach(node, join))
            {
                return false;
            }
        }

        return true;
    }

    private void Visit(int node)
    {
        State = State with { Visits = State.Visits.SetItem(node, State.Visits[node] + 1) };
        if (State.Visits[node] > Workflow.Nodes[node].MaxVisits)
        {
            Overrun ??= $"Node '{Workflow.Nodes[node].Name}' may run {Workflow.Nodes[node].MaxVisits} times in a run and was to run once more. Its loop does not end, or AtMost is too small.";
        }
    }

    /// <summary>Which node was to run more often than it may; the run then fails.</summary>
    public string? Overrun { get; private set; }

    private long NextId()
    {
        State = State with { LastItem = State.LastItem + 1 };
        return State.LastItem;
    }

    private void Unindex(WorkItem? item)
    {
        if (item is null)
        {
            return;
        }

        State = State with
        {
            Pending = State.Pending.Remove(item.Id),
            Due = item.DueUtc is { } due ? State.Due.Remove((due.UtcTicks, item.Id)) : State.Due,
            Lanes = item.Status == WorkItemStatus.InProgress ? State.Lanes.Remove(item.Lane) : State.Lanes,
        };
    }
}
