using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>The lease rules with one fault.</summary>
/// <param name="decide">Decides wrongly; null: as it should be.</param>
internal sealed class RulesMutation(Func<TaskLease, LeaseCommand, LeasePolicy, DateTimeOffset, LeaseDecision?> decide) : Mutation, ILeaseRules
{
    public override ILeaseRules? Rules => this;

    public LeaseDecision Decide(TaskId task, TaskLease state, LeaseCommand command, LeasePolicy policy, DateTimeOffset nowUtc) =>
        decide(state, command, policy, nowUtc) ?? LeaseDecider.Decide(state, command, policy, nowUtc);
}
