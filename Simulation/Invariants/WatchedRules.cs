using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>The lease rules, with every decision shown to the invariants.</summary>
internal sealed class WatchedRules(SimulationWatch watch, ILeaseRules? inner) : ILeaseRules
{
    public LeaseDecision Decide(TaskId task, TaskLease state, LeaseCommand command, LeasePolicy policy, DateTimeOffset nowUtc)
    {
        var decision = inner is null
            ? LeaseDecider.Decide(state, command, policy, nowUtc)
            : inner.Decide(task, state, command, policy, nowUtc);
        watch.OnDecision(new LeaseStep(task, state, command, policy, nowUtc, decision));
        return decision;
    }
}
