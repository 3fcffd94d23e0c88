using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <content>How a run ends early: at once, or after it has undone what its nodes did.</content>
internal sealed partial class GraphRunStep
{
    private void Abort(LeaseFailure failure, int? node = null) => EndEarly(RunStatus.Failed, failure.Message, failure, node);

    private void EndEarly(RunStatus outcome, string reason, LeaseFailure? failure, int? node = null, TimeSpan? grace = null)
    {
        if (!CompensationFold.IsNeeded(State, outcome))
        {
            Add(new RunAborted(nowUtc, outcome, reason, failure, node, grace));
            return;
        }

        Add(new RunCompensating(nowUtc, outcome, reason, failure, node, grace));
        CompensateNext();
    }

    /// <summary>Undoes the node that completed last of those that are left; one at a time. After the first of them the run has ended.</summary>
    private void CompensateNext()
    {
        if (State.Compensating is not null)
        {
            return;
        }

        if (State.ToCompensate is [.., var next])
        {
            Add(new EdgeSettled(nowUtc, next, 0, IsTaken: true));
            Add(new NodeOpened(nowUtc, next));
            return;
        }

        SkipCompensations();
        Add(new RunStatusChanged(nowUtc, State.CancelReason is null ? RunStatus.Failed : RunStatus.Cancelled));
    }

    private void SkipCompensations()
    {
        for (var node = Plan.RegularCount; node < State.Nodes.Count; node++)
        {
            if (!State.Nodes[node].IsTerminal)
            {
                Add(new NodeStatusChanged(nowUtc, node, RunStatus.Skipped));
            }
        }
    }
}
