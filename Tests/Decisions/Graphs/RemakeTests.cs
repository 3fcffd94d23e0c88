using System.Collections.Immutable;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Batches that are gone: their producer makes them again, their readers wait, and nothing that was recorded changes.</summary>
public sealed class RemakeTests : RemakeTestBase
{
    [Fact]
    public void LostInput_ItsProducerRunsAgain_ReadersWait_AndTheRunCompletes()
    {
        Submit(Chain);
        Make("a", 2);
        Complete("x");
        Grant("b");
        Grant("b", 1);

        var decision = Lose("b", ("a", 0, 1));

        Assert.True(decision.IsAccepted);
        Assert.Equal("a:open b:pending c:pending x:done", Shown());
        Assert.Equal(RunStatus.Running, Node("a").Status);
        Assert.Equal((FlowTaskStatus.Ready, 0, 2), (Run[Slot("a")].Status, Run[Slot("a")].StandingCount, Run[Slot("a")].Batches.Count));
        Assert.All(Node("b").Tasks, task => Assert.Equal((FlowTaskStatus.Pending, 0), (task.Status, task.RetriesSpent)));
        Assert.Equal([Slot("a").Node], Run.Remaking);
        Assert.Equal("artifact_lost", RunWhy.Of(Run, Slot("b").Node, new Dictionary<string, RoleFacts>())[0].Code);

        Make("a", 2, rows: 1);

        Assert.Equal("a:done b:open c:pending x:done", Shown());
        Assert.Empty(Run.Remaking);
        Assert.Equal((2L, 2L), (Run[Slot("a")].Epoch, Run[Slot("a")].Batches[1].Epoch));
        Complete("b");
        Finish("b", 1);
        Complete("c");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void RemadeProducer_KeepsWhatItReported_AndItsPlaceInTheOrder()
    {
        Submit(Chain);
        Batch("a", rows: 3, metric: 5);
        Batch("a", rows: 4, metric: 6);
        Play(Slot("a"), new CompleteAttempt(1, 2, "\"first\"", ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("n", 10.0)])));
        var before = Node("a");
        Grant("b");
        Lose("b", ("a", 0, 0));

        Grant("a");
        foreach (var (index, rows) in ((int, long)[])[(0, 3), (1, 4)])
        {
            Play(Slot("a"), new AcceptBatch(2, index, new AcceptedBatch(0, rows, 50, $"again/{index}"), ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("n", 99.0)])));
        }

        Play(Slot("a"), new CompleteAttempt(2, 2, "\"second\"", ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("n", 99.0)])));

        var after = Node("a");
        Assert.Equal("\"first\"", after.Tasks[0].ResultJson);
        Assert.Equal((before.Rows, before.Metrics["n"], before.MetricCounts["n"]), (after.Rows, after.Metrics["n"], after.MetricCounts["n"]));
        Assert.Equal(before.Accepted, after.Accepted);
        Assert.Equal(100, after.Bytes);
        Assert.Equal(["again/0", "again/1"], after.Tasks[0].Batches.Select(batch => batch.Path));
        Assert.Equal(before.Tasks[0].Batches.Select(batch => batch.Sequence), after.Tasks[0].Batches.Select(batch => batch.Sequence));
        Assert.Equal(
            [RunStatus.Pending, RunStatus.Running, RunStatus.Completed, RunStatus.Running, RunStatus.Completed],
            RunHistory.OfNode(Run, Slot("a").Node).Select(change => change.To));
    }

    [Fact]
    public void LostReport_Repeated_IsAcceptedAndChangesNothing()
    {
        Submit(Chain);
        Make("a", 1);
        Grant("b");
        Lose("b", ("a", 0, 0));
        var before = Run;

        var again = Decide(Slot("b"), new LoseInputs(1, [Input("a", 0, 0)], Lost));

        Assert.True(again.IsAccepted);
        Assert.Empty(again.Events);
        Assert.Same(before, Run);
    }

    [Fact]
    public void ProducersOwnInputLost_GoesUpstream_AndComesBackDown()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"c","role":"r","depends_on":["b"]}]}""");
        Make("a", 1);
        Make("b", 1);
        Grant("c");
        Lose("c", ("b", 0, 0));
        Grant("b");

        Lose("b", ("a", 0, 0));

        Assert.Equal("a:open b:pending c:pending", Shown());
        Make("a", 1);
        Assert.Equal("a:done b:open c:pending", Shown());
        Make("b", 1);
        Assert.Equal("a:done b:done c:open", Shown());
        Complete("c");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void OneTaskOfMany_AloneIsMadeAgain()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","tasks":3},{"id":"b","role":"r","depends_on":["a"]}]}""");
        for (var task = 0; task < 3; task++)
        {
            Make("a", 1, task: task);
        }

        Grant("b");
        Lose("b", ("a", 1, 0));

        Assert.Equal([FlowTaskStatus.Completed, FlowTaskStatus.Ready, FlowTaskStatus.Completed], Node("a").Tasks.Select(task => task.Status));
        Make("a", 1, task: 1);
        Assert.Equal("a:done b:open", Shown());
    }

    [Fact]
    public void ProducerThatStillRuns_LosesItsLease_AndGoesOnAfterWhatItMadeAgain()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch"}]}""");
        Batch("a", rows: 2);
        Batch("a", rows: 3);
        Grant("b");

        var decision = Lose("b", ("a", 0, 0), path: "p");

        Assert.Contains(decision.Events, change => change is RunTaskChanged { Change: LeaseRevoked { Reason: LeaseReasons.ArtifactLost, IsReported: false } } task && task.Slot == Slot("a"));
        Grant("a");
        Play(Slot("a"), new AcceptBatch(2, 0, new AcceptedBatch(0, 2, 1, "new0")));
        Play(Slot("a"), new AcceptBatch(2, 1, new AcceptedBatch(0, 3, 1, "new1")));
        Assert.Empty(Run.Remaking);
        Play(Slot("a"), new AcceptBatch(2, 2, new AcceptedBatch(0, 9, 1, "new2")));
        Play(Slot("a"), new CompleteAttempt(2, 3, "\"only\""));
        Assert.Equal(("a:done b:open", 14L, "\"only\""), (Shown(), Node("a").Rows, Run[Slot("a")].ResultJson));
    }

    [Fact]
    public void BarrierNode_DoesNotEndWithoutTheTaskThatIsMadeAgain()
    {
        Submit("""{"name":"g","vars":{"l":[1,2,3]},"nodes":[{"id":"a","role":"r","foreach":{"items":"vars.l","barrier":"count:2"},"concurrency":{"limit":1}},{"id":"b","role":"r","depends_on":["a"]}]}""");
        Make("a", 1);
        Make("a", 1, task: 1);
        Assert.Equal("a:done b:open", Shown());
        Grant("b");
        Decide(Slot("b"), new LoseInputs(1, [Input("a", 0, 0), Input("a", 1, 0)], Lost));

        // One after the other: the node allows one at a time.
        Assert.Equal((FlowTaskStatus.Ready, FlowTaskStatus.Pending), (Node("a").Tasks[0].Status, Node("a").Tasks[1].Status));
        Make("a", 1);
        Assert.Equal("a:open b:pending", Shown());
        Make("a", 1, task: 1);
        Assert.Equal("a:done b:open", Shown());
    }

    [Fact]
    public void NodeThatWouldBeginToRead_WaitsAsWell()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"y","role":"r"},{"id":"c","role":"r","depends_on":["a","y"]}]}""");
        Make("a", 1);
        Grant("b");
        Lose("b", ("a", 0, 0));

        Complete("y");

        Assert.Equal("a:open b:pending y:done c:pending", Shown());
        Make("a", 1);
        Assert.Equal("a:done b:open y:done c:open", Shown());
    }

    [Fact]
    public void Cancel_WhileItIsMadeAgain_IsFinal_AndAResumeMakesItAgain()
    {
        Submit(Chain);
        Make("a", 2);
        Grant("b");
        Lose("b", ("a", 0, 0));
        Grant("a");
        Play(Slot("a"), new AcceptBatch(2, 0, new AcceptedBatch(0, 1, 1, "new0")));
        Run = GraphRunDecider.Decide(Run, new CancelRun("enough"), LeaseDuration, StartUtc).State;
        Assert.Equal((RunStatus.Cancelled, 0), (Run.Status, Run.Remaking.Count));

        Run = GraphRunDecider.Decide(Run, new ReopenRun(null, "go on"), LeaseDuration, StartUtc).State;

        Assert.Equal((FlowTaskStatus.Ready, 1), (Run[Slot("a")].Status, Run[Slot("a")].StandingCount));
        Assert.Equal([Slot("a").Node], Run.Remaking);
        Grant("a");
        Play(Slot("a"), new AcceptBatch(3, 1, new AcceptedBatch(0, 1, 1, "new1")));
        Play(Slot("a"), new CompleteAttempt(3, 2));
        Assert.Equal("a:done b:open c:pending x:open", Shown());
    }

    [Fact]
    public void Rerun_OfANodeWhoseOutcomeWasTaken_DropsItsBatchesAlsoWhereTheyHaveNoEpoch()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"}]}""");
        Make("a", 1);
        var taken = Run[Slot("a")] with { Epoch = 0, Batches = [Run[Slot("a")].Batches[0] with { Epoch = 0 }] };
        Run = Run with { Nodes = [Run.Nodes[0] with { Tasks = [taken] }] };

        Run = GraphRunDecider.Decide(Run, new ReopenRun(0, "again"), LeaseDuration, StartUtc).State;

        Assert.Equal((1L, 1L, 0), (Run[Slot("a")].Epoch, Run[Slot("a")].BaseEpoch, Run[Slot("a")].Batches.Count));
    }
}
