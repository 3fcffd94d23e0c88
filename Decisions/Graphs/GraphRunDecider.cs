using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The rules of a run: readiness, fan-in, ends. Pure; each task's lease is decided by <see cref="LeaseDecider"/>.</summary>
/// <remarks>
/// Everything that follows from an effect is decided with it, so that one write holds both (lease rule 3): the first batch of a parent opens
/// the children that wait for it, the last completion of a node opens or completes its children and at the end the run, and a task that
/// fails for good ends the run and cancels the rest.
/// </remarks>
public static class GraphRunDecider
{
    /// <summary>Decides one command.</summary>
    /// <param name="state">The newest state, durable or not.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="leaseDuration">How long a lease stands after its grant or renewal.</param>
    /// <param name="nowUtc">The time.</param>
    public static GraphRunDecision Decide(GraphRunState state, GraphRunCommand command, TimeSpan leaseDuration, DateTimeOffset nowUtc) =>
        Decide(state, command, leaseDuration, nowUtc, null);

    /// <summary>Decides one command, with other rules for its tasks' leases where they are given.</summary>
    internal static GraphRunDecision Decide(
        GraphRunState state, GraphRunCommand command, TimeSpan leaseDuration, DateTimeOffset nowUtc, ILeaseRules? rules)
    {
        ArgumentNullException.ThrowIfNull(state);
        var step = new Step(state, leaseDuration, nowUtc, rules);
        var refused = command switch
        {
            SubmitRun submit => step.Submit(submit),
            LeaseTask lease => step.Lease(lease.Slot, lease.Command),
            CancelRun cancel => step.Cancel(cancel.Reason),
            PassRunTime => step.PassTime(),
            RestoreRun => step.ForActive(new RestoreLease()),
            _ => throw new ArgumentException($"Unknown run command '{command?.GetType().Name}'.", nameof(command)),
        };
        return new GraphRunDecision(step.State, step.Events.ToImmutable(), refused);
    }

    /// <summary>The state after an event.</summary>
    public static GraphRunState Apply(GraphRunState state, GraphRunEvent change)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(change);
        var next = change switch
        {
            RunSubmitted submitted => GraphRunFold.Submit(state, submitted),
            NodeOpened opened => GraphRunFold.Open(state, opened),
            NodeHeldBack held => GraphRunFold.HoldBack(state, held),
            RunTaskChanged task => GraphRunFold.ChangeTask(state, task),
            NodeStatusChanged node => GraphRunFold.ChangeNode(state, node),
            RunStatusChanged run => state with
            {
                Status = run.Status,
                StartedUtc = state.StartedUtc ?? run.AtUtc,
                EndedUtc = GraphRunState.IsEnd(run.Status) ? run.AtUtc : null,
            },
            RunAborted aborted => GraphRunFold.Abort(state, aborted),
            _ => throw new ArgumentException($"Unknown run event '{change.GetType().Name}'.", nameof(change)),
        };
        return change.IsDurable ? next with { Version = state.Version + 1, ChangedUtc = change.AtUtc } : next;
    }

    /// <summary>One decision in the making: applies each event as it is added, so that what follows from it is decided on the result.</summary>
    private sealed class Step(GraphRunState state, TimeSpan leaseDuration, DateTimeOffset nowUtc, ILeaseRules? rules)
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
            foreach (var node in Plan.Order.Where(node => Plan.Nodes[node].Parents.IsEmpty))
            {
                Open(node);
            }

            return null;
        }

        public string? PassTime()
        {
            ForActive(new PassTime());
            if (EarlyStarts.DueUtc(State) <= nowUtc)
            {
                EarlyStarts.Nodes(State).ForEach(HoldBack);
            }

            return null;
        }

        public string? Cancel(string reason)
        {
            if (!State.Exists || State.Status is RunStatus.Completed or RunStatus.Failed)
            {
                return LeaseReasons.AlreadyEnded;
            }

            if (State.Status != RunStatus.Cancelled)
            {
                Add(new RunAborted(nowUtc, RunStatus.Cancelled, reason, null));
            }

            return null;
        }

        public string? ForActive(LeaseCommand command)
        {
            foreach (var slot in State.Active)
            {
                // An earlier one may have ended the run.
                if (!State.IsTerminal)
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

            var policy = State.PolicyOf(slot.Node, leaseDuration);
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

                    if (State.Status == RunStatus.Pending)
                    {
                        Add(new RunStatusChanged(nowUtc, RunStatus.Running));
                    }

                    break;
                case BatchAccepted:
                    foreach (var child in Plan.Nodes[slot.Node].Children.Where(child => EarlyStarts.MayOpen(State, child)))
                    {
                        Open(child);
                    }

                    break;
                case TaskCompleted:
                    CompleteFrom(slot.Node);
                    break;
                case TaskFailed failed:
                    Add(new RunAborted(nowUtc, RunStatus.Failed, $"task {State.IdOf(slot)} failed: {failed.Failure.Reason}", failed.Failure with
                    {
                        Message = $"Task '{State.IdOf(slot)}' failed: {failed.Failure.Message}",
                    }));
                    break;
            }
        }

        /// <summary>Completes a node if it can be, then whatever that completes or opens, parents before children.</summary>
        private void CompleteFrom(int start)
        {
            var waiting = new SortedSet<int> { start };
            var completed = false;
            while (waiting.Count > 0)
            {
                var node = waiting.Min;
                waiting.Remove(node);

                // A node that started at a first batch may have no task left while its input goes on: it completes with its last parent.
                if (State.Nodes[node].IsTerminal || State.Nodes[node].CompletedCount < Plan.Nodes[node].TaskCount || !EarlyStarts.ParentsCompleted(State, node))
                {
                    continue;
                }

                completed = true;
                Add(new NodeStatusChanged(nowUtc, node, RunStatus.Completed));
                foreach (var child in Plan.Nodes[node].Children)
                {
                    if (!State.Nodes[child].Opened && EarlyStarts.ParentsCompleted(State, child))
                    {
                        Open(child);
                    }

                    waiting.Add(child);
                }
            }

            if (completed && State.Nodes.All(node => node.Status == RunStatus.Completed))
            {
                Add(new RunStatusChanged(nowUtc, RunStatus.Completed));
            }
        }

        private void Open(int node)
        {
            Add(new NodeOpened(nowUtc, node));
            ForTasks(node, new MakeReady());
        }

        private void HoldBack(int node)
        {
            Add(new NodeHeldBack(nowUtc, node));
            ForTasks(node, new WithholdTask(LeaseReasons.SlotNeeded));
        }

        /// <summary>For the tasks that had a lease; the node's own event says it for the others, of which there may be thousands.</summary>
        private void ForTasks(int node, LeaseCommand command)
        {
            if (State.Nodes[node].IsHeldBack)
            {
                for (var index = 0; index < State.Nodes[node].Tasks.Count; index++)
                {
                    if (State.Nodes[node].Tasks[index] is { Epoch: > 0, IsTerminal: false })
                    {
                        Lease(new TaskSlot(node, index), command);
                    }
                }
            }
        }

        private void Add(GraphRunEvent change)
        {
            Events.Add(change);
            State = Apply(State, change);
        }
    }
}
