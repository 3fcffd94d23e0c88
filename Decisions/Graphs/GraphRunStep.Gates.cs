using System.Globalization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <content>What people and other runs do to a run: pause it, resume it, answer its gates, end its tasks that are runs.</content>
internal sealed partial class GraphRunStep
{
    public string? Pause(string reason)
    {
        if (!State.Exists || State.IsTerminal)
        {
            return LeaseReasons.AlreadyEnded;
        }

        if (!State.IsPaused)
        {
            Add(new RunPaused(nowUtc, reason));
        }

        return null;
    }

    public string? Resume()
    {
        if (!State.Exists || State.IsTerminal)
        {
            return LeaseReasons.AlreadyEnded;
        }

        if (State.IsPaused)
        {
            Add(new RunResumed(nowUtc));
        }

        return null;
    }

    public string? Answer(AnswerGate answer)
    {
        var slot = new TaskSlot(answer.Node, 0);
        switch (State[slot].Status)
        {
            case FlowTaskStatus.Completed:
                return answer.IsApproved ? null : LeaseReasons.AlreadyEnded;
            case FlowTaskStatus.Failed:
                return answer.IsApproved ? LeaseReasons.AlreadyEnded : null;
            case FlowTaskStatus.Cancelled:
                return LeaseReasons.AlreadyEnded;
        }

        return !State.OpenGates.Contains(answer.Node) ? LeaseReasons.NotReady
            : Lease(slot, answer.IsApproved
                ? new EndTask(answer.PayloadJson, null)
                : new EndTask(null, new LeaseFailure(LeaseReasons.Rejected, true, $"The gate was rejected{(answer.PayloadJson is { } payload ? $": {payload}" : ".")}")));
    }

    /// <summary>A run that was told too late, or twice, changes nothing.</summary>
    public string? EndChild(EndChild child) => Plan.Nodes[child.Slot.Node].Child is null || State.IsTerminal || State[child.Slot].IsTerminal
        ? LeaseReasons.AlreadyEnded
        : Lease(child.Slot, new EndTask(child.ResultJson, child.Failure));

    private void PassGates()
    {
        foreach (var node in State.OpenGates)
        {
            if (!(State.GateDueUtc(node) <= nowUtc) || State.Nodes[node].IsTerminal)
            {
                continue;
            }

            var gate = Plan.Nodes[node].Gate!;
            var waited = string.Create(CultureInfo.InvariantCulture, $"{gate.Timeout!.Value.TotalSeconds} s");
            switch (gate.OnTimeout)
            {
                case GateTimeout.Approve:
                    Lease(new TaskSlot(node, 0), new EndTask("""{"timed_out":true}""", null));
                    break;
                case GateTimeout.Skip:
                    End(node, RunStatus.Skipped);
                    FollowEnds();
                    break;
                default:
                    Lease(new TaskSlot(node, 0), new EndTask(null, new LeaseFailure(LeaseReasons.DeadlineExceeded, true, $"Nobody answered the gate within {waited}.")));
                    break;
            }
        }
    }
}
