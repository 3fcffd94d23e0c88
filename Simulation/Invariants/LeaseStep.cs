using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>One decision about one task's lease.</summary>
/// <param name="Task">The task.</param>
/// <param name="Before">The state it was decided on.</param>
/// <param name="Command">What was asked.</param>
/// <param name="Policy">The task's policy.</param>
/// <param name="NowUtc">The time it was decided at.</param>
/// <param name="Decision">What was decided.</param>
internal sealed record LeaseStep(
    TaskId Task, TaskLease Before, LeaseCommand Command, LeasePolicy Policy, DateTimeOffset NowUtc, LeaseDecision Decision)
{
    /// <summary>Epoch that the command presents; 0 when it presents none.</summary>
    public long Presented => Command switch
    {
        RenewLease renew => renew.Epoch,
        AcceptBatch accept => accept.Epoch,
        CompleteAttempt complete => complete.Epoch,
        FailAttempt fail => fail.Epoch,
        LoseInputs lose => lose.Epoch,
        StopAttempt stop => stop.Epoch,
        RevokeLease revoke => revoke.Epoch,
        _ => 0,
    };

    /// <summary>The events that change what others can see of the task: everything but renewals and counted refusals.</summary>
    public IEnumerable<LeaseEvent> Effects => Decision.Events.Where(change => change is not (LeaseRenewed or EffectRefused));
}
