using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <content>How the next attempt goes on where the last one was.</content>
internal sealed partial class TaskGrain
{
    public async Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken) => _run is not null
        ? await _run.SaveCheckpointAsync(report, cancellationToken)
        : TaskReports.ToCommand(report) is { } command ? await EffectAsync(command) : new EffectReceipt(false, LeaseReasons.BadInput);

    public async Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        if (_run is not null)
        {
            return await _run.AdoptAsync(token, worker, sessionId, cancellationToken);
        }

        return _pump.Tentative.Submission is { } submission && _pump.Tentative.Lease.LastWorker == worker
            && await RenewAsync(token, worker, sessionId, null, cancellationToken)
                ? Grant(submission, _pump.Tentative.Lease)
                : null;
    }

    private LeaseGrant Grant(TaskSubmission submission, TaskLease lease) => TaskReports.WithPast(
        new LeaseGrant
        {
            Token = new LeaseToken(_id, lease.Epoch),
            Role = submission.Role,
            Attempt = lease.Attempt,
            ParamsJson = submission.PayloadJson,
            AcceptedBatches = lease.Batches.Count,
        },
        lease);
}
