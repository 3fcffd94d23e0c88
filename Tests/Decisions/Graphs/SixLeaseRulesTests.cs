using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>The six rules of the lease protocol as properties of every history that random commands, crashes and delays can make.</summary>
public sealed class SixLeaseRulesTests
{
    [Fact]
    public void Rule1_AcknowledgedSubmit_SurvivesEveryCrash() => Check(script =>
    {
        var run = RunScript.Run(script);
        run.Play(new ScriptStep(RunScript.Crash, 0, 0, 0));
        var kept = run.State;
        run.DriveToTheEnd();
        return kept.Exists
            && run.State.IsTerminal
            && (kept.IsTerminal || kept.Status == RunStatus.Compensating || run.State.Status == RunStatus.Completed)
            && kept.Nodes.Zip(run.State.Nodes).All(pair => pair.First.Accepted.Count == pair.Second.Accepted.Count);
    });

    [Fact]
    public void Rule2_EffectOfAnotherEpoch_IsRefusedCountedAndNotApplied() => Check(script => RunScript.Run(script).History.All(item =>
    {
        if (item.Command is not LeaseTask { Slot: var slot, Command: AcceptBatch or CompleteAttempt or FailAttempt or StopAttempt } lease)
        {
            return true;
        }

        var epoch = EpochOf(lease.Command);
        var before = item.Before[slot];
        if (before.IsCurrent(epoch, item.AtUtc) || epoch == before.ReportedEpoch)
        {
            return true;
        }

        // Time may end the lease in the same step; the effect itself leaves no trace but the count.
        return item.Decision.Refused == LeaseReasons.LeaseLost
            && item.Decision.State.RefusedEffects == item.Before.RefusedEffects + 1
            && item.Decision.State[slot].Batches.Count == before.Batches.Count
            && item.Decision.State[slot].ResultJson == before.ResultJson
            && !item.Decision.Events.Any(change => change is RunTaskChanged { Change: TaskCompleted or BatchAccepted });
    }));

    [Fact]
    public void Rule2_Epoch_OnlyGrows() => Check(script =>
    {
        var newest = new Dictionary<TaskSlot, long>();
        return Changes(RunScript.Run(script)).Where(change => change.Change is LeaseGranted).All(change =>
        {
            var epoch = ((LeaseGranted)change.Change).Epoch;
            var grew = epoch == newest.GetValueOrDefault(change.Slot) + 1;
            newest[change.Slot] = epoch;
            return grew;
        });
    });

    [Fact]
    public void Rule3_Outcome_IsRecordedOnceWithItsEffects() => Check(script =>
    {
        var run = RunScript.Run(script);
        var completedOnce = Changes(run).Where(change => change.Change is TaskCompleted).GroupBy(change => change.Slot).All(group => group.Count() == 1);
        var batchOnce = Changes(run).Where(change => change.Change is BatchAccepted)
            .GroupBy(change => (change.Slot, ((BatchAccepted)change.Change).Index)).All(group => group.Count() == 1);
        var sums = run.State.Nodes.Select((node, index) =>
        {
            var events = Changes(run).Where(change => change.Slot.Node == index).ToArray();
            var effects = run.State.Plan!.Nodes[index].NeedsWorker ? events.Count(change => change.Change is BatchAccepted or TaskCompleted) : 0;
            var rows = events.Sum(change => change.Change is BatchAccepted accepted ? accepted.Batch.Rows : 0);
            var driven = node.Metrics.GetValueOrDefault("n");
            return (int)driven == effects && node.Rows == rows;
        });
        return completedOnce && batchOnce && sums.All(same => same);
    });

    [Fact]
    public void Rule3_WhatFollows_IsDecidedInTheSameStep() => Check(script => RunScript.Run(script).History.All(item =>
    {
        var state = item.Decision.State;
        return !state.Exists || state.IsTerminal || state.Plan!.Name.StartsWith("routed", StringComparison.Ordinal) || state.Plan.Nodes.All(node =>
        {
            var here = state.Nodes[node.Index];
            var parentsDone = node.Edges.All(edge => state.Nodes[edge.Parent].Status == RunStatus.Completed);
            var parentsBegan = node.Edges.Any(edge => edge.AtFirstBatch && (state.Nodes[edge.Parent].Accepted.Count > 0 || state.Nodes[edge.Parent].Status == RunStatus.Completed));
            return here.Opened == (parentsDone || (parentsBegan && !here.IsHeldBack))
                && (here.Status == RunStatus.Completed) == (parentsDone && here.CompletedCount == node.TaskCount);
        });
    }));

    [Fact]
    public void Rule4_Lease_EndsOnlyByOutcomeExpiryOrStatedReason() => Check(script =>
    {
        var held = new HashSet<TaskSlot>();
        foreach (var item in RunScript.Run(script).History)
        {
            var state = item.Before;
            foreach (var change in item.Decision.Events)
            {
                var after = GraphRunDecider.Apply(state, change);
                if (change is RunTaskChanged { Slot: var slot } task)
                {
                    var holder = state.Exists ? state[slot].Holder : null;
                    var fine = task.Change switch
                    {
                        LeaseGranted => held.Add(slot),
                        LeaseRevoked { Reason: LeaseReasons.LeaseExpired } => held.Remove(slot) && item.AtUtc >= holder!.ExpiresUtc,
                        LeaseRevoked revoked => held.Remove(slot) && revoked.Reason.Length > 0 && after[slot].RetriesSpent == state[slot].RetriesSpent,
                        TaskCompleted or TaskFailed when !state.Plan!.Nodes[slot.Node].NeedsWorker => state[slot].Epoch == 0,
                        TaskCompleted or TaskFailed or TaskBackedOff => held.Remove(slot),
                        _ => true,
                    };
                    if (!fine)
                    {
                        return false;
                    }
                }

                if (change is NodeFailed failed)
                {
                    held.RemoveWhere(slot => slot.Node == failed.Node);
                }

                state = after;
            }
        }

        return true;
    });

    [Fact]
    public void FanIn_IsNeverEarly() => Check(script =>
    {
        foreach (var item in RunScript.Run(script).History)
        {
            var state = item.Before;
            foreach (var change in item.Decision.Events)
            {
                if (change is NodeOpened opened && !state.Nodes[opened.Node].IsHeldBack)
                {
                    var plan = state.Plan!.Nodes[opened.Node];
                    var leading = plan.Edges.Count(edge => (state.Nodes[edge.Parent], edge.On) switch
                    {
                        ({ Status: RunStatus.Failed }, EdgeCondition.Failure or EdgeCondition.Done) => true,
                        ({ Status: RunStatus.Completed }, EdgeCondition.Success or EdgeCondition.Done) => true,
                        (var parent, _) => edge.AtFirstBatch && parent.Accepted.Count > 0,
                    });
                    if (leading < plan.FanIn)
                    {
                        return false;
                    }
                }

                state = GraphRunDecider.Apply(state, change);
            }
        }

        return true;
    });

    [Fact]
    public void Rule4_LapsedLease_IsReadyAgainAtItsEnd() => Check(script =>
    {
        var run = RunScript.Run(script);
        var leased = run.State.Active.Where(slot => run.State[slot].Status == FlowTaskStatus.Leased).ToArray();
        run.Play(new ScriptStep(10, 0, 0, (int)RunScript.LeaseDuration.TotalSeconds));
        return run.State.IsTerminal || leased.All(slot => run.State[slot].Status is FlowTaskStatus.Ready or FlowTaskStatus.BackingOff || BearsFailures(run, slot.Node));
    });

    [Fact]
    public void Rule5_AfterCancellation_NoLaterEffectAppears() => Check(script =>
    {
        var run = RunScript.Run(script);
        run.Play(new CancelRun("enough"));
        var (cancelled, count) = (run.State, run.History.Count);
        foreach (var step in script.Steps)
        {
            run.Play(step);
        }

        // One that undoes what it did is cancelled only after that.
        return cancelled.Status == RunStatus.Compensating || (cancelled.IsTerminal
            && run.History.Skip(count).All(item => !item.Decision.IsDurable)
            && (run.State.Version, run.State.Status) == (cancelled.Version, cancelled.Status));
    });

    [Fact]
    public void Rule6_TerminalState_IsFinalAndCompletedLeavesNothingOpen() => Check(script =>
    {
        var run = RunScript.Run(script);
        run.DriveToTheEnd();
        var (end, count) = (run.State, run.History.Count);
        foreach (var step in script.Steps)
        {
            run.Play(step);
        }

        return end.IsTerminal
            && end.Active.IsEmpty
            && end.Nodes.All(node => node.IsTerminal && node.Tasks.All(task => task.IsTerminal))
            && (end.Status != RunStatus.Completed || end.Nodes.Index().All(node => node.Item.Status != RunStatus.Completed || BearsFailures(run, node.Index)
                || node.Item.Tasks.All(task => task.Status == FlowTaskStatus.Completed)))
            && (end.Status != RunStatus.Completed || end.Nodes.All(node => node.Status is RunStatus.Completed or RunStatus.Skipped || node.Failure is not null))
            && run.History.Skip(count).All(item => !item.Decision.IsDurable);
    });

    /// <summary>A node whose barrier is met by some of its tasks.</summary>
    private static bool BearsFailures(RunScript run, int node) => run.State.Plan!.Nodes[node].Foreach?.Needed is not null;

    private static IEnumerable<RunTaskChanged> Changes(RunScript run) => run.Events.OfType<RunTaskChanged>();

    private static long EpochOf(LeaseCommand command) => command switch
    {
        AcceptBatch accept => accept.Epoch,
        CompleteAttempt complete => complete.Epoch,
        FailAttempt fail => fail.Epoch,
        StopAttempt stop => stop.Epoch,
        _ => throw new ArgumentException(command.GetType().Name, nameof(command)),
    };

    private static void Check(Func<(int Graph, ScriptStep[] Steps), bool> rule) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(RunScript.Any, rule));
}
