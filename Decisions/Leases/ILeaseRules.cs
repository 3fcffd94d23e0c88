using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Leases;

/// <summary>
/// Takes the place of <see cref="LeaseDecider"/> in a simulation, which watches each decision, and whose tests decide wrongly on purpose.
/// The product registers none.
/// </summary>
internal interface ILeaseRules
{
    /// <summary>Decides one command, as <see cref="LeaseDecider.Decide"/> does.</summary>
    LeaseDecision Decide(TaskId task, TaskLease state, LeaseCommand command, LeasePolicy policy, DateTimeOffset nowUtc);
}
