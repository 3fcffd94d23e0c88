using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <content>How the next attempt goes on where the last one was.</content>
internal sealed partial class TaskPartitionGrain
{
    public async Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (TaskReports.ToCommand(report) is not { } command)
        {
            return new EffectReceipt(false, LeaseReasons.BadInput);
        }

        var receipt = await EffectAsync(report.Token, command);
        await CommittedAsync();
        return receipt;
    }

    public async Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        if (!_tasks.TryGetValue(token.TaskId.Value, out var task) || task.Lease.LastWorker != worker)
        {
            return null;
        }

        var stands = await RenewAsync([new LeaseRenewal(token)], worker, sessionId, cancellationToken);
        return stands[0] ? Grant(task) : null;
    }

    private static LeaseGrant Grant(LiveTask task) => TaskReports.WithPast(
        new LeaseGrant
        {
            Token = new LeaseToken(task.Id, task.Lease.Epoch),
            Role = task.Submission.Role,
            Attempt = task.Lease.Attempt,
            ParamsJson = task.Submission.PayloadJson,
            AcceptedBatches = task.Lease.Batches.Count,
        },
        task.Lease);
}
