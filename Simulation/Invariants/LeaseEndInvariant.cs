using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>
/// Rule 4: a lease ends when it is not renewed in time or is revoked for a stated reason; the task is ready again then, soon, and never while
/// the lease stands.
/// </summary>
/// <remarks>
/// When a lease ends is measured in virtual time, whatever the wall clocks say. "Soon" is measured in worlds that have been healthy for long
/// enough that the owner could be found and read again.
/// </remarks>
internal sealed class LeaseEndInvariant(SimulatedWorld world) : Invariant(world)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>The product's lease clock follows a wall clock that was set by a hundredth of the time that passes.</summary>
    private const double Tolerance = 0.021;

    private static readonly string[] Reasons =
        [
            LeaseReasons.LeaseExpired, LeaseReasons.ConnectionLost, LeaseReasons.WorkerRestarted, LeaseReasons.Stopped, LeaseReasons.Cancelled, LeaseReasons.SlotNeeded, LeaseReasons.ArtifactLost, "drain",
        ];

    private readonly Dictionary<TaskId, (long Epoch, TimeSpan Until)> _standing = [];
    private TimeSpan _nextCheck;

    public override string Rule => "rule 4 (how a lease ends)";

    public override void OnDecision(LeaseStep step)
    {
        if (step.Command is RestoreLease)
        {
            // Read from the store: what was decided and not written has not happened.
            _standing.Remove(step.Task);
        }

        foreach (var change in step.Decision.Events)
        {
            switch (change)
            {
                case LeaseGranted granted:
                    if (IsStanding(step))
                    {
                        Violate($"{step.Task} was granted to {granted.Worker} while epoch {step.Before.Epoch} of {step.Before.Holder!.Worker} stood");
                    }

                    _standing[step.Task] = (granted.Epoch, World.Kernel.Now + (granted.ExpiresUtc - step.NowUtc));
                    break;
                case LeaseRenewed renewed:
                    _standing[step.Task] = (renewed.Epoch, World.Kernel.Now + (renewed.ExpiresUtc - step.NowUtc));
                    break;
                case LeaseRevoked revoked:
                    CheckRevoked(step, revoked);
                    _standing.Remove(step.Task);
                    break;
                case TaskReadied when IsStanding(step):
                    Violate($"{step.Task} was made ready while epoch {step.Before.Epoch} stood");
                    break;
                case TaskCompleted or TaskFailed or TaskBackedOff or TaskCancelled:
                    _standing.Remove(step.Task);
                    break;
            }
        }
    }

    public override void OnTaskStored(TaskId task, TaskLease? before, TaskLease? after)
    {
        if (before is { Status: FlowTaskStatus.Leased } && after is { Status: FlowTaskStatus.Leased } && after.Epoch > before.Epoch + 1)
        {
            Violate($"{task} was stored with epoch {after.Epoch} right after {before.Epoch}");
        }
    }

    public override void OnRunSeen(RunView? before, RunView after)
    {
        foreach (var task in after.Nodes.SelectMany(node => node.Tasks))
        {
            if (_standing.TryGetValue(task.TaskId, out var lease) && (task.Status != FlowTaskStatus.Leased || task.Epoch != lease.Epoch))
            {
                // Decided by an activation that did not live to write it; if it is only on its way, its next renewal brings it back.
                _standing.Remove(task.TaskId);
            }
        }
    }

    public override void OnStep()
    {
        if (World.Kernel.Now < _nextCheck)
        {
            return;
        }

        _nextCheck = World.Kernel.Now + Tick;
        var healthySince = Watch.HealthySince + World.Options.Leases.Duration + World.Options.Leases.ServingGrace + World.Options.ResponseTimeout;
        foreach (var (task, lease) in _standing)
        {
            var since = lease.Until > healthySince ? lease.Until : healthySince;
            if (World.Kernel.Now > since + (4 * Tick))
            {
                Violate($"epoch {lease.Epoch} of {task} ended at {lease.Until.TotalSeconds:0.000} s, and nobody noticed");
                return;
            }
        }
    }

    private static bool IsStanding(LeaseStep step)
    {
        if (step.Before is not { Status: FlowTaskStatus.Leased, Holder: { } holder })
        {
            return false;
        }

        // Taking too long ends a lease, too, as a failure that is tried again; the events before this one say so.
        return step.NowUtc < holder.ExpiresUtc && !step.Decision.Events.Any(change => change is TaskBackedOff or LeaseRevoked);
    }

    /// <summary>How long a lease has still to run; less than nothing when it has ended or is not known.</summary>
    private TimeSpan StandsFor(TaskId task, long epoch) =>
        _standing.TryGetValue(task, out var lease) && lease.Epoch == epoch ? lease.Until - World.Kernel.Now : TimeSpan.MinValue;

    private void CheckRevoked(LeaseStep step, LeaseRevoked revoked)
    {
        if (!Reasons.Contains(revoked.Reason))
        {
            Violate($"epoch {revoked.Epoch} of {step.Task} was revoked for the unknown reason '{revoked.Reason}'");
        }

        if (revoked.Reason == LeaseReasons.LeaseExpired && step.Command is not RevokeLease
            && ((step.Before.Holder is { } holder && step.NowUtc < holder.ExpiresUtc) || StandsFor(step.Task, revoked.Epoch) > World.Options.Leases.Duration * Tolerance))
        {
            Violate($"epoch {revoked.Epoch} of {step.Task} was called expired before its time");
        }

        if (step.Command is RevokeLease or StopAttempt && step.Presented != step.Before.Epoch)
        {
            Violate($"epoch {step.Before.Epoch} of {step.Task} was revoked by a word about epoch {step.Presented}");
        }
    }
}
