using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;

namespace OrleansFlow.Decisions.Graphs;

/// <content>How a run goes on after its end.</content>
internal sealed partial class GraphRunStep
{
    public string? Reopen(ReopenRun reopen)
    {
        if (!State.Exists)
        {
            return LeaseReasons.NotReady;
        }

        if (State.CompensatingUtc is not null)
        {
            // What had completed is undone: there is nothing to go on from.
            return LeaseReasons.AlreadyEnded;
        }

        if (reopen.Node is { } asked)
        {
            if (!State.Nodes[asked].IsTerminal || !State.Nodes[asked].Opened)
            {
                return LeaseReasons.NotReady;
            }
        }
        else if (State.Status == RunStatus.Completed)
        {
            return LeaseReasons.AlreadyEnded;
        }
        else if (!State.IsTerminal)
        {
            // It goes on already: somebody asked before.
            return null;
        }

        var again = RunReopening.Again(State, reopen.Node);
        if (!State.IsTerminal)
        {
            // What follows from the node may be running.
            foreach (var slot in State.Active.Where(slot => again.Contains(slot.Node)))
            {
                Lease(slot, new WithholdTask(LeaseReasons.Rerun));
            }
        }

        Add(new RunReopened(nowUtc, again, reopen.Reason));
        foreach (var node in Plan.Order)
        {
            for (var edge = 0; edge < Plan.Nodes[node].Edges.Length; edge++)
            {
                Settle(node, edge);
            }

            Advance(node);
            if (State.IsTerminal)
            {
                // A function was called and refused.
                return null;
            }
        }

        FollowEnds();
        return null;
    }
}
