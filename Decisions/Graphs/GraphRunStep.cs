using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Decisions.Variables;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>One decision of <see cref="GraphRunDecider"/> in the making: applies each event as it is added, so that what follows from it is decided on the result.</summary>
internal sealed partial class GraphRunStep(GraphRunState state, TimeSpan leaseDuration, DateTimeOffset nowUtc, ILeaseRules? rules, VariableRules variables)
{
    public GraphRunState State { get; private set; } = state;

    public ImmutableArray<GraphRunEvent>.Builder Events { get; } = ImmutableArray.CreateBuilder<GraphRunEvent>();

    private GraphPlan Plan => State.Plan!;

    public string? Submit(SubmitRun submit)
    {
        if (State.Exists)
        {
            return State.Plan!.ContentHash == submit.Plan.ContentHash ? null : LeaseReasons.BadInput;
        }

        Add(new RunSubmitted(nowUtc, submit.RunId, submit.Plan));
        foreach (var node in Plan.Order.Where(node => Plan.Nodes[node].Edges.IsEmpty))
        {
            Advance(node);
        }

        FollowEnds();
        return null;
    }

    public string? PassTime()
    {
        if (State.DeadlineUtc <= nowUtc && !State.IsTerminal)
        {
            var limit = Plan.Deadline!.Value;
            Abort(new LeaseFailure(LeaseReasons.DeadlineExceeded, true, $"The run did not end within {limit.TotalSeconds} s; raise deadline_sec or make it smaller."));
            return null;
        }

        ForActive(new PassTime());
        PassGates();
        if (EarlyStarts.DueUtc(State) <= nowUtc)
        {
            EarlyStarts.Nodes(State).ForEach(HoldBack);
        }

        return null;
    }

    public string? Cancel(string reason, TimeSpan? grace)
    {
        if (!State.Exists || State.Status is RunStatus.Completed or RunStatus.Failed)
        {
            return LeaseReasons.AlreadyEnded;
        }

        if (State.Status == RunStatus.Compensating)
        {
            return State.CancelReason is null ? LeaseReasons.AlreadyEnded : null;
        }

        if (State.Status != RunStatus.Cancelled)
        {
            EndEarly(RunStatus.Cancelled, reason, null, grace: grace);
        }

        return null;
    }

    public string? ForActive(LeaseCommand command)
    {
        foreach (var slot in State.Active)
        {
            // An earlier one may have ended the run, or its node.
            if (!State.IsTerminal && !State.Nodes[slot.Node].IsTerminal)
            {
                Lease(slot, command);
            }
        }

        return null;
    }

    public string? Lease(TaskSlot slot, LeaseCommand command)
    {
        if (command is AcceptBatch accept)
        {
            command = accept with { Batch = accept.Batch with { Sequence = State.AcceptedCount } };
        }

        if (command is GrantLease && (State.IsPaused || !Plan.Nodes[slot.Node].NeedsWorker))
        {
            return LeaseReasons.NotReady;
        }

        return command is LoseInputs lose ? Lose(slot, lose) : LeaseOf(slot, command);
    }

    /// <summary>Has the task's lease decided, and what follows from that.</summary>
    private string? LeaseOf(TaskSlot slot, LeaseCommand command)
    {
        var policy = State.PolicyOf(slot, leaseDuration);
        var decision = rules is null
            ? LeaseDecider.Decide(State[slot], command, policy, nowUtc)
            : rules.Decide(State.IdOf(slot), State[slot], command, policy, nowUtc);
        foreach (var change in decision.Events)
        {
            Add(new RunTaskChanged(nowUtc, slot, change));
            Follow(slot, change);
        }

        return decision.Refused;
    }

    private void Follow(TaskSlot slot, LeaseEvent change)
    {
        switch (change)
        {
            case LeaseGranted:
                if (State.Nodes[slot.Node].Status == RunStatus.Pending)
                {
                    Add(new NodeStatusChanged(nowUtc, slot.Node, RunStatus.Running));
                }

                Begin();
                break;
            case BatchAccepted when State.Nodes[slot.Node].Accepted.Count == 1:
                FollowFirstBatch(slot.Node);
                FollowBatch(slot.Node);
                break;
            case BatchAccepted:
                FollowBatch(slot.Node);
                break;
            case TaskCompleted:
                OfferNext(slot.Node);
                Advance(slot.Node);
                FollowEnds();
                break;
            case TaskFailed when Plan.Nodes[slot.Node].Foreach?.Needed is not null:
                OfferNext(slot.Node);
                Advance(slot.Node);
                FollowEnds();
                break;
            case TaskFailed failed:
                Fail(slot.Node, failed.Failure with { Message = $"Task '{State.IdOf(slot)}' failed: {failed.Failure.Message}" });
                FollowEnds();
                break;
        }
    }

    private void HoldBack(int node)
    {
        Add(new NodeHeldBack(nowUtc, node));
        ForTasks(node, new WithholdTask(LeaseReasons.SlotNeeded));
    }

    /// <summary>For the tasks that had a lease; the node's own event says it for the others, of which there may be thousands.</summary>
    private void ForTasks(int node, LeaseCommand command)
    {
        if (State.Nodes[node].IsHeldBack || State.Nodes[node].Reruns > 0)
        {
            for (var index = 0; index < State.Nodes[node].Tasks.Count; index++)
            {
                // One that is to make its batches again waits for its turn.
                if (State.Nodes[node].Tasks[index] is { Epoch: > 0, IsTerminal: false } task && !(task.IsBeingRemade && command is MakeReady))
                {
                    Lease(new TaskSlot(node, index), command);
                }
            }
        }
    }

    private void Add(GraphRunEvent change)
    {
        Events.Add(change);
        State = GraphRunDecider.Apply(State, change);
    }
}
