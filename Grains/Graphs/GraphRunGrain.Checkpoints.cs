using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <content>How the next attempt of a task goes on where the last one was.</content>
internal sealed partial class GraphRunGrain
{
    public Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken) =>
        TaskReports.ToCommand(report) is { } command ? EffectAsync(report.Token, command) : Task.FromResult(new EffectReceipt(false, LeaseReasons.BadInput));

    public async Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        if (_pump.Tentative.Find(token.TaskId) is not { } slot || _pump.Tentative[slot].LastWorker != worker
            || !await RenewAsync(token, worker, sessionId, null, cancellationToken))
        {
            return null;
        }

        // What was accepted and is not durable yet must not be counted on.
        await _pump.FlushAsync();
        return _pump.Committed[slot] is { Epoch: var epoch } && epoch == token.Epoch ? RunViews.Grant(_pump.Committed, slot) : null;
    }
}
