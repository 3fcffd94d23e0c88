using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Runs that go on after their end, and nodes that are run once more.</summary>
public sealed class RunReopeningTests : GraphRunTestBase
{
    private const string Chain = """
        {"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","tasks":2,"depends_on":["a"],"retry":{"max":0}},{"id":"c","role":"r","depends_on":["b"]},{"id":"x","role":"r"}]}
        """;

    [Fact]
    public void FailedRun_GoesOnFromWhereItFailed_AndKeepsWhatCompleted()
    {
        Submit(Chain);
        Batch("a");
        Complete("a");
        Complete("x");
        Grant("b", 1);
        Play(Slot("b", 1), new CompleteAttempt(1, 0));
        Batch("b");
        FailForGood("b");
        Assert.Equal(("a:done b:failed c:cancelled x:done", RunStatus.Failed), (Shown(), Run.Status));

        Reopen(null);

        Assert.Equal(("a:done b:open c:pending x:done", RunStatus.Running), (Shown(), Run.Status));
        Assert.Null(Run.Failure);
        Assert.Null(Run.EndedUtc);
        Assert.Equal((FlowTaskStatus.Ready, FlowTaskStatus.Completed), (Run[Slot("b")].Status, Run[Slot("b", 1)].Status));
        Assert.Equal((1, 0, 1L), (Run[Slot("b")].Batches.Count, Run[Slot("b")].RetriesSpent, Run[Slot("b")].Epoch));
        Complete("b");
        Assert.Equal(2, Run[Slot("b")].Epoch);
        Complete("c");
        Assert.Equal((RunStatus.Completed, 1L), (Run.Status, Run[Slot("a")].Epoch));
    }

    [Fact]
    public void CancelledRun_GoesOn_AndItsOldAttemptsStayFencedOff()
    {
        Submit(Chain);
        Grant("a");
        Decide(new CancelRun("enough"));
        Assert.Equal(RunStatus.Cancelled, Run.Status);

        Reopen(null);

        Assert.Equal(("a:open b:pending c:pending x:open", null), (Shown(), Run.CancelReason));
        var late = GraphRunDecider.Decide(Run, new LeaseTask(Slot("a"), new CompleteAttempt(1, 0)), LeaseDuration, StartUtc);
        Assert.Equal(LeaseReasons.LeaseLost, late.Refused);
        foreach (var node in (string[])["a", "x"])
        {
            Complete(node);
        }

        Assert.Equal((2L, 1L), (Run[Slot("a")].Epoch, Run[Slot("x")].Epoch));
        Complete("b");
        Grant("b", 1);
        Play(Slot("b", 1), new CompleteAttempt(Run[Slot("b", 1)].Epoch, 0));
        Complete("c");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void Rerun_BeginsTheNodeAndItsDescendantsAnew_AndReusesTheRest()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"c","role":"r","depends_on":["b"],"fan_in":"any"},{"id":"x","role":"r"}]}""");
        foreach (var node in (string[])["a", "b", "c", "x"])
        {
            Batch(node);
            Complete(node);
        }

        Assert.Equal(RunStatus.Completed, Run.Status);
        var accepted = Run.AcceptedCount;

        Reopen("b");

        Assert.Equal(("a:done b:open c:pending x:done", RunStatus.Running), (Shown(), Run.Status));
        Assert.Equal((1L, 1L, 0, 0L, 0), (Run[Slot("b")].Epoch, Run[Slot("b")].BaseEpoch, Run[Slot("b")].Batches.Count, Node("b").Rows, Node("b").Metrics.Count));
        Assert.Equal(accepted, Run.AcceptedCount);
        Batch("b", rows: 5, metric: 7);
        Assert.Equal((2L, accepted, 7.0), (Run[Slot("b")].Epoch, Run[Slot("b")].Batches[0].Sequence, Node("b").Metrics["n"]));
        Complete("b");
        Complete("c");
        Assert.Equal((RunStatus.Completed, 2L, 1L), (Run.Status, Run[Slot("c")].Epoch, Run[Slot("x")].Epoch));
    }

    [Fact]
    public void Rerun_WhileTheRunGoesOn_TakesTheLeasesOfDescendantsBack()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"x","role":"r"}]}""");
        Complete("a");
        Grant("b");
        Grant("x");

        var decision = Decide(new ReopenRun(0, "bad data"));

        Assert.Contains(decision.Events, change => change is RunTaskChanged { Change: LeaseRevoked { Reason: LeaseReasons.Rerun, Epoch: 1 } });
        Assert.Equal("a:open b:pending x:open", Shown());
        Assert.Equal(FlowTaskStatus.Leased, Run[Slot("x")].Status);
        Assert.Equal([Slot("x")], Run.Active);
        foreach (var node in (string[])["a", "b", "x"])
        {
            Complete(node);
        }

        Assert.Equal((RunStatus.Completed, 2L, 2L, 1L), (Run.Status, Run[Slot("a")].Epoch, Run[Slot("b")].Epoch, Run[Slot("x")].Epoch));
    }

    [Fact]
    public void Resume_OfAReaderThatLostItsParent_RunsTheParentOnceMore()
    {
        Submit("""
            {"name":"g","nodes":[{"id":"a","role":"r","routing":{"on_failure":["fix"]}},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch","retry":{"max":0}},{"id":"fix","role":"r"}]}
            """);
        Batch("a");
        Grant("b");
        FailForGood("a");
        Assert.Equal(("a:failed b:failed fix:cancelled", RunStatus.Failed), (Shown().Replace("b:cancelled", "b:failed", StringComparison.Ordinal), Run.Status));

        Reopen(null);

        Assert.Equal("a:open b:pending fix:pending", Shown());
        Batch("a");
        Complete("a");
        Complete("b");
        Assert.Equal((RunStatus.Completed, RunStatus.Skipped), (Run.Status, Node("fix").Status));
    }

    [Fact]
    public void Rerun_OfAFunction_CallsItAgain()
    {
        Submit("""{"name":"g","vars":{"n":1},"nodes":[{"id":"a","role":"r"},{"id":"f","fn":"vars.incr","args":{"key":"n"},"depends_on":["a"]},{"id":"b","role":"r","depends_on":["f"]}]}""");
        Complete("a");
        Complete("b");

        Reopen("f");

        Assert.Equal(("a:done f:done b:open", """{"n":3}"""), (Shown(), Run.Variables.ToJson()));
    }

    [Fact]
    public void Reopen_RefusesWhatHasNotRun_AndACompletedRun_AndTakesARepetition()
    {
        Submit(Chain);
        Assert.Equal(LeaseReasons.NotReady, Decide(new ReopenRun(0, "why")).Refused);
        Assert.Equal(LeaseReasons.NotReady, Decide(new ReopenRun(2, "why")).Refused);
        Assert.True(Decide(new ReopenRun(null, "why")) is { IsAccepted: true, Events.IsEmpty: true });

        Decide(new CancelRun("enough"));
        Assert.Equal(LeaseReasons.NotReady, Decide(new ReopenRun(2, "why")).Refused);
        Reopen(null);
        Assert.True(Decide(new ReopenRun(null, "why")) is { IsAccepted: true, Events.IsEmpty: true });
        Complete("x");
        Complete("a");
        Complete("b");
        Grant("b", 1);
        Play(Slot("b", 1), new CompleteAttempt(Run[Slot("b", 1)].Epoch, 0));
        Complete("c");
        Assert.Equal(LeaseReasons.AlreadyEnded, Decide(new ReopenRun(null, "why")).Refused);
    }

    [Fact]
    public void Deadline_CountsAnewWhenTheRunGoesOn()
    {
        Submit("""{"name":"g","deadline_sec":30,"nodes":[{"id":"a","role":"r"}]}""");
        Run = GraphRunDecider.Decide(Run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(30)).State;
        Assert.Equal(RunStatus.Failed, Run.Status);

        Run = GraphRunDecider.Decide(Run, new ReopenRun(null, "more time"), LeaseDuration, StartUtc.AddSeconds(100)).State;

        Assert.Equal((RunStatus.Pending, StartUtc.AddSeconds(130)), (Run.Status, Run.DeadlineUtc));
    }

    [Fact]
    public void Rerun_OfAGate_AsksAgain()
    {
        Submit("""{"name":"g","nodes":[{"id":"g1","approval":{}},{"id":"b","role":"r","depends_on":["g1"]}]}""");
        Decide(new AnswerGate(0, true, null));
        Complete("b");

        Reopen("g1");

        Assert.Equal(("g1:open b:pending", 1), (Shown(), Run.OpenGates.Count));
        Decide(new AnswerGate(0, true, null));
        Complete("b");
        Assert.Equal(RunStatus.Completed, Run.Status);
    }

    [Fact]
    public void RetryOfAFailedBatch_NeverHidesTheMetricsOfTheGoodOnes_AndARerunReplacesThem()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":2,"backoff_sec":0}},{"id":"sum","fn":"metrics.aggregate","args":{"node_id":"a"},"depends_on":["a"]}]}""");
        Batch("a", metric: 1);
        Play(Slot("a"), new FailAttempt(1, new LeaseFailure("oops", false, "batch 1")));
        Batch("a", metric: 2);
        Complete("a");

        Assert.Equal(3.0, Node("a").Metrics["n"]);
        Assert.Equal([(1L, 1.0), (2L, 2.0)], Run[Slot("a")].Batches.Select(batch => (batch.Epoch, batch.Metrics!["n"])));
        Assert.Equal("""{"n":3}""", Run[Slot("sum")].ResultJson);

        Reopen("a");
        Batch("a", metric: 10);
        Complete("a");
        Assert.Equal((10.0, """{"n":10}"""), (Node("a").Metrics["n"], Run[Slot("sum")].ResultJson));
    }

    [Fact]
    public void AnyHistory_ThatGoesOn_CompletesWithEpochsThatOnlyGrow() => Prop.ForAll(RunScript.Any, script =>
    {
        var run = RunScript.Run(script);
        var random = script.Steps.Length;
        for (var round = 0; round < 2; round++)
        {
            if (run.State.CompensatingUtc is not null)
            {
                // What it had done is, or is being, undone: there is nothing to go on from.
                return run.Play(new ReopenRun(null, "again")).Refused == LeaseReasons.AlreadyEnded;
            }

            var epochs = Epochs(run.State);
            run.Play(new ReopenRun(round == 0 ? null : random % run.State.Nodes.Count, "again"));
            run.Play(new ScriptStep(RunScript.Crash, 0, 0, 0));
            if (!Epochs(run.State).Zip(epochs).All(pair => pair.First >= pair.Second))
            {
                return false;
            }

            run.DriveToTheEnd();
            if (run.State.Status != RunStatus.Completed || run.State.EndedCount != run.State.Nodes.Count || !run.State.Active.IsEmpty || !run.State.OpenGates.IsEmpty)
            {
                return false;
            }
        }

        return run.State.Nodes.All(node => node.Tasks.All(task => task.Batches.All(batch => batch.Epoch > task.BaseEpoch)) && node.Accepted.Count == node.Tasks.Sum(task => task.Batches.Count));
    }).QuickCheckThrowOnFailure();

    private static List<long> Epochs(GraphRunState state) => [.. state.Nodes.SelectMany(node => node.Tasks).Select(task => task.Epoch)];

    private void Reopen(string? node)
    {
        var decision = Decide(new ReopenRun(node is null ? null : Run.Plan!.Find(node)!.Index, "again"));
        Assert.True(decision.IsAccepted, decision.Refused);
    }

    private GraphRunDecision Decide(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(Run, command, LeaseDuration, StartUtc);
        Run = decision.State;
        return decision;
    }
}
