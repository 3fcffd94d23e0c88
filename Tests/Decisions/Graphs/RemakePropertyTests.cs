using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>What holds in every history that random commands, crashes and lost files can make.</summary>
public sealed class RemakePropertyTests
{
    [Fact]
    public void Run_EndsOnceNothingIsLostAnyMore() => Check(script =>
    {
        var run = RunScript.Run(script);
        run.DriveToTheEnd();
        return run.State.IsTerminal && run.State.Remaking.IsEmpty
            && (run.State.Status != RunStatus.Completed || run.State.Nodes.All(node => node.Tasks.All(task => !task.IsBeingRemade)));
    });

    [Fact]
    public void Reader_IsNotLeasedWhileItsInputIsMadeAgain() => Check(script => RunScript.Run(script).History.All(item =>
    {
        var state = item.Before;
        foreach (var change in item.Decision.Events)
        {
            state = GraphRunDecider.Apply(state, change);
            if (change is RunTaskChanged { Change: LeaseGranted, Slot: var slot })
            {
                var edges = state.Plan!.Nodes[slot.Node].Edges;
                if (edges.Where((edge, number) => state.Nodes[slot.Node].Edges[number] == EdgeState.Taken && state.Remaking.Contains(edge.Parent)).Any())
                {
                    return false;
                }
            }
        }

        return true;
    }));

    [Fact]
    public void WhatIsMadeAgain_CountsOnce() => Check(script =>
    {
        var run = RunScript.Run(script);
        run.DriveToTheEnd();
        var changes = run.Events.OfType<RunTaskChanged>().ToList();
        return run.State.Nodes.Select((node, index) =>
        {
            var batches = changes.Where(change => change.Slot.Node == index).Select(change => change.Change).OfType<BatchAccepted>().ToList();
            return node.Rows == batches.Sum(batch => batch.Batch.Rows) && node.Accepted.Count == batches.Count
                && node.Tasks.All(task => task.Batches.Select(batch => batch.Sequence).SequenceEqual(task.Batches.Select(batch => batch.Sequence).Order()));
        }).All(same => same);
    });

    [Fact]
    public void LostInput_SpendsNoRetry_AndAProducerRunsAgainABoundedNumberOfTimes() => Check(script => RunScript.Run(script).History.All(item =>
        item.Decision.State.Nodes.All(node => node.Tasks.All(task => (task.Remake?.Times ?? 0) <= 3))
        && item.Decision.Events.OfType<RunTaskChanged>().Where(change => change.Change is LeaseRevoked { Reason: LeaseReasons.ArtifactLost })
            .All(change => item.Decision.State[change.Slot].RetriesSpent <= item.Before[change.Slot].RetriesSpent)));

    [Fact]
    public void WhatIsMadeAgain_IsWhatNodesSay() => Check(script => RunScript.Run(script).History.All(item =>
        item.Decision.State.Remaking.SetEquals(Enumerable.Range(0, item.Decision.State.Nodes.Count)
            .Where(node => item.Decision.State.Nodes[node] is { IsTerminal: false } open && open.Tasks.Any(task => task.IsBeingRemade)))));

    [Fact]
    public void Epoch_OnlyGrows() => Check(script =>
    {
        var newest = new Dictionary<TaskSlot, long>();
        return RunScript.Run(script).Events.OfType<RunTaskChanged>().Where(change => change.Change is LeaseGranted).All(change =>
        {
            var epoch = ((LeaseGranted)change.Change).Epoch;
            var grew = epoch == newest.GetValueOrDefault(change.Slot) + 1;
            newest[change.Slot] = epoch;
            return grew;
        });
    });

    [Fact]
    public void Scripts_MakeAllOfItHappen()
    {
        // As many as it takes: what is wanted is that chance can come to each, not how soon.
        var wanted = new HashSet<FlowTaskStatus> { FlowTaskStatus.Completed, FlowTaskStatus.Leased };
        for (var round = 0; round < 100 && wanted.Count > 0; round++)
        {
            foreach (var script in RunScript.Losing.Generator.Sample(60, 200))
            {
                wanted.ExceptWith(RunScript.Run(script).History.SelectMany(item => item.Decision.Events.OfType<RunTaskChanged>()
                    .Where(change => change.Change is TaskRemade).Select(change => item.Before[change.Slot].Status)));
            }
        }

        Assert.Empty(wanted);
    }

    private static void Check(Func<(int Graph, ScriptStep[] Steps), bool> holds) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(RunScript.Losing, holds));
}
