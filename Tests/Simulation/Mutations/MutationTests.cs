using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>The simulation bites: each deliberate fault of the protocol is caught within 200 seeds, by the rule that it breaks.</summary>
public sealed class MutationTests
{
    private const int SeedCount = 200;

    // Those of tasks; the others take longer and would not show a broken lease.
    private static readonly string[] Scenarios = ["leases", "graphs", "routing", "random-graphs", "scatter", "limits"];

    [Fact]
    public void UnfencedWrite_IsCaught() => AssertCaught("rule 2", new RulesMutation((state, command, policy, now) =>
        state.Status != FlowTaskStatus.Leased ? null : command switch
        {
            AcceptBatch accept when accept.Epoch < state.Epoch => LeaseDecider.Decide(state, accept with { Epoch = state.Epoch }, policy, now),
            CompleteAttempt complete when complete.Epoch < state.Epoch => LeaseDecider.Decide(state, complete with { Epoch = state.Epoch }, policy, now),
            _ => null,
        }));

    [Fact]
    public void AcknowledgementBeforeCommit_IsCaught() => AssertCaught("rule", new EarlyAcknowledgement());

    [Fact]
    public void EpochThatDoesNotGrow_IsCaught() => AssertCaught("rule 2", new RulesMutation((state, command, policy, now) =>
        command is GrantLease && state is { Status: FlowTaskStatus.Ready, Epoch: > 0 }
            ? Change(LeaseDecider.Decide(state, command, policy, now), change => change is LeaseGranted granted ? granted with { Epoch = state.Epoch } : change)
            : null));

    [Fact]
    public void GrantWhileALeaseStands_IsCaught() => AssertCaught("rule 4", new RulesMutation((state, command, policy, now) =>
        command is GrantLease && state.Status == FlowTaskStatus.Leased
            ? LeaseDecider.Decide(state with { Status = FlowTaskStatus.Ready, Holder = null }, command, policy, now)
            : null));

    [Fact]
    public void EffectAfterCancellation_IsCaught() => AssertCaught("rule", new RulesMutation((state, command, policy, now) =>
        command is AcceptBatch or CompleteAttempt && state is { Status: FlowTaskStatus.Cancelled, Holder: not null }
            ? LeaseDecider.Decide(state with { Status = FlowTaskStatus.Leased }, command, policy, now)
            : null));

    [Fact]
    public void ExpiryThatNobodyNotices_IsCaught() => AssertCaught("rule", new RulesMutation((state, command, policy, now) =>
        state is { Status: FlowTaskStatus.Leased, Holder: { } holder }
            ? LeaseDecider.Decide(state with { Holder = holder with { ExpiresUtc = DateTimeOffset.MaxValue } }, command, policy, now) switch
            {
                { Events: [LeaseRevoked { Reason: LeaseReasons.ConnectionLost }] } => LeaseDecision.Nothing,
                var decision => decision,
            }
            : null));

    [Fact]
    public void BatchThatCountsTwice_IsCaught() => AssertCaught("rule 3", new RulesMutation((state, command, policy, now) =>
        command is AcceptBatch && state.Attempt > 1
            ? Change(LeaseDecider.Decide(state, command, policy, now), change => change is BatchAccepted accepted
                ? accepted with { Batch = accepted.Batch with { Rows = accepted.Batch.Rows * 2 } } : change)
            : null));

    [Fact]
    public void EarlyStartThatKeepsTheLastSlot_IsCaught() => AssertCaught("progress", new RulesMutation((_, command, _, _) =>
        command is WithholdTask ? LeaseDecision.Nothing : null));

    private static void AssertCaught(string rule, Mutation mutation)
    {
        for (var seed = 0UL; seed < SeedCount; seed++)
        {
            foreach (var scenario in Scenarios)
            {
                if (SimulationRunner.Run(scenario, seed, keepsHistory: false, mutation).Violation is { } violation)
                {
                    Assert.StartsWith(rule, violation, StringComparison.Ordinal);
                    return;
                }
            }
        }

        Assert.Fail($"No rule was broken in {SeedCount} seeds.");
    }

    private static LeaseDecision Change(LeaseDecision decision, Func<LeaseEvent, LeaseEvent> change) =>
        decision with { Events = [.. decision.Events.Select(change)] };
}
