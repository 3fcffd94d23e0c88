using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Workers;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Rule 2: epochs only grow, an epoch is one worker's, and an effect counts only with the epoch of the lease that stands.</summary>
internal sealed class FencingInvariant(SimulatedWorld world) : Invariant(world)
{
    private readonly Dictionary<(TaskId Task, long Epoch), WorkerId> _holders = [];

    public override string Rule => "rule 2 (fencing by epoch)";

    public override void OnDecision(LeaseStep step)
    {
        foreach (var change in step.Decision.Events)
        {
            switch (change)
            {
                case LeaseGranted granted when granted.Epoch <= step.Before.Epoch:
                    Violate($"{step.Task} was granted with epoch {granted.Epoch} after {step.Before.Epoch}");
                    break;
                case BatchAccepted accepted when accepted.Batch.Epoch != step.Presented:
                    Violate($"a batch of {step.Task} was booked on epoch {accepted.Batch.Epoch}, but made under {step.Presented}");
                    break;
                case BatchRemade remade when remade.Batch.Epoch != step.Presented:
                    Violate($"a batch of {step.Task} was booked on epoch {remade.Batch.Epoch}, but made again under {step.Presented}");
                    break;
            }
        }

        if (step.Command is AcceptBatch or CompleteAttempt or FailAttempt or LoseInputs or StopAttempt or RenewLease
            && step.Decision.Events.Any(IsEffectOfHolder) && !IsCurrent(step))
        {
            Violate($"{Words.Of(step.Command)} of {step.Task} was accepted, but {step.Before.Status} with epoch {step.Before.Epoch} was current");
        }
    }

    public override void OnTaskStored(TaskId task, TaskLease? before, TaskLease? after)
    {
        if (after is null)
        {
            return;
        }

        if (after.Epoch < before?.Epoch)
        {
            Violate($"{task} was stored with epoch {after.Epoch} after {before.Epoch}");
        }

        // What was accepted since the last write was accepted under one of the epochs since then, in their order.
        var epoch = before?.Epoch ?? 0;
        foreach (var batch in after.Batches.Skip(before?.Batches.Count ?? 0))
        {
            if (batch.Epoch < epoch || batch.Epoch > after.Epoch)
            {
                Violate($"{task} was stored with a batch of epoch {batch.Epoch}, while the lease had {epoch} to {after.Epoch}");
            }

            epoch = Math.Max(epoch, batch.Epoch);
        }

        if (after is { Status: FlowTaskStatus.Completed, ResultJson: { } result } && AttemptResult.Parse(result).Epoch != after.Epoch)
        {
            Violate($"{task} was completed by epoch {AttemptResult.Parse(result).Epoch}, but {after.Epoch} was current");
        }
    }

    public override void OnRunSeen(RunView? before, RunView after)
    {
        foreach (var task in after.Nodes.SelectMany(node => node.Tasks).Where(task => !IsOwn(task)))
        {
            if (task is { Status: FlowTaskStatus.Completed, ResultJson: { } result } && AttemptResult.Parse(result).Epoch != task.Epoch
                && !(World.RunsWithLosses.Contains(after.RunId.Value) && AttemptResult.Parse(result).Epoch < task.Epoch))
            {
                // Only of files that were made again does the outcome stay that of the attempt before.
                Violate($"{task.TaskId} was completed by epoch {AttemptResult.Parse(result).Epoch}, but {task.Epoch} was current");
            }
        }
    }

    public override void OnOffered(WorkerId worker, TaskId task, long epoch)
    {
        if (_holders.TryGetValue((task, epoch), out var holder) && holder != worker)
        {
            Violate($"epoch {epoch} of {task} was given to {holder} and to {worker}");
        }

        _holders[(task, epoch)] = worker;
        if (task.IsStandalone && (Watch.Stored(task)?.Epoch ?? 0) < epoch)
        {
            Violate($"epoch {epoch} of {task} was given to {worker} before it was stored");
        }
    }

    private static bool IsCurrent(LeaseStep step) => step.Before is { Status: FlowTaskStatus.Leased, Holder: { } holder }
        && step.Presented == step.Before.Epoch && step.NowUtc < holder.ExpiresUtc;

    private static bool IsEffectOfHolder(LeaseEvent change) => change is BatchAccepted or BatchRemade or TaskCompleted or LeaseRenewed
        or TaskFailed { Reported: true } or TaskBackedOff { Reported: true } or LeaseRevoked { Reason: LeaseReasons.Stopped } or LeaseRevoked { IsReported: true };
}
