using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <content>Going on after the end, and saying why nothing goes on.</content>
internal sealed partial class GraphRunGrain
{
    public async Task<RunView> ReopenAsync(string? node, string reason, CancellationToken cancellationToken)
    {
        RequireRun();
        int? again = node is null ? null : RequireNode(node);
        if (_pump.Tentative.IsTerminal)
        {
            // Before the run goes on, so that there is no moment in which it does and nothing would wake it.
            _reminder = await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        }

        var wasSettled = _settled;
        _settled = false;
        var (decision, committed) = Take(new ReopenRun(again, reason));
        _settled = decision.Events.IsEmpty && wasSettled;
        await committed;
        Arm();
        return decision.Refused switch
        {
            null => View(),
            LeaseReasons.NotReady => throw new FlowException(
                FlowErrorCode.BadInput, $"Node '{node}' of run '{_id}' has not run and ended yet ({_pump.Committed.Nodes[again!.Value].Status}), so it cannot be run once more."),
            _ when _pump.Committed.CompensatingUtc is not null => throw new FlowException(
                FlowErrorCode.AlreadyEnded, $"What run '{_id}' had done was undone when it ended: there is nothing to go on from. Submit it anew."),
            _ => throw new FlowException(FlowErrorCode.AlreadyEnded, $"Run '{_id}' has completed: there is nothing to go on with. Name the node that is to run once more."),
        };
    }

    public async Task<IReadOnlyList<RunReason>> WhyAsync(string? node, CancellationToken cancellationToken)
    {
        RequireRun();
        int? asked = node is null ? null : RequireNode(node);
        var roles = RunWhy.RolesOf(_pump.Committed, asked);
        var facts = await Task.WhenAll(roles.Select(role => FactsAsync(role, cancellationToken)));

        // The run may have gone on meanwhile; what is told is its newest state.
        return
        [
            .. RunWhy.Of(_pump.Committed, asked, roles.Zip(facts).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal))
                .Select(reason => new RunReason(reason.Code, reason.Text, reason.Node, reason.UntilUtc)),
        ];
    }

    private async Task<RoleFacts> FactsAsync(string role, CancellationToken cancellationToken)
    {
        var status = await GrainFactory.GetGrain<IRoleQueueGrain>(role + "/0").GetStatusAsync(cancellationToken);
        return new RoleFacts(status.Known, status.WorkerCount, status.FreeSlots, status.ReadyCount)
        {
            Limit = status.Limit,
            FullKeys = status.FullKeys ?? [],
            Unserved = status.Unserved?.ToDictionary(tasks => tasks.Needs, tasks => tasks.Reason, StringComparer.Ordinal),
        };
    }
}
