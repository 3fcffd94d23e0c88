using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

public sealed class GraphRunDeciderTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    private GraphRunState _run = GraphRunState.None;

    [Fact]
    public void Submit_SameDocumentAgain_ChangesNothing()
    {
        var plan = Submit("""{"id":"a","role":"r"}""");
        var again = Do(new SubmitRun(new RunId("run"), plan));

        Assert.True(again.IsAccepted);
        Assert.Empty(again.Events);
    }

    [Fact]
    public void Submit_OtherDocumentUnderTheSameId_IsRefused()
    {
        Submit("""{"id":"a","role":"r"}""");
        var other = GraphParser.Parse("""{"name":"x","nodes":[{"id":"b","role":"r"}]}""").RequirePlan();

        Assert.False(Do(new SubmitRun(new RunId("run"), other)).IsAccepted);
    }

    [Fact]
    public void FanIn_All_OpensWithTheLastParent()
    {
        Submit("""{"id":"a","role":"r"},{"id":"b","role":"r"},{"id":"c","role":"r","depends_on":["a","b"]}""");
        Assert.Equal([true, true, false], _run.Nodes.Select(node => node.Opened));

        Work(0);
        Assert.False(_run.Nodes[2].Opened);
        Work(1);
        Assert.Equal(FlowTaskStatus.Ready, _run[new TaskSlot(2, 0)].Status);
        Work(2);

        Assert.Equal(RunStatus.Completed, _run.Status);
    }

    [Fact]
    public void FirstBatch_OpensTheChildWhichCompletesOnlyAfterItsParent()
    {
        Submit("""{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch"}""");
        Grant(0);
        Assert.False(_run.Nodes[1].Opened);
        Do(0, new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "p")));
        Work(1);
        Assert.Equal((RunStatus.Running, RunStatus.Running), (_run.Nodes[1].Status, _run.Status));

        Do(0, new CompleteAttempt(1, 1));

        Assert.Equal((RunStatus.Completed, RunStatus.Completed), (_run.Nodes[1].Status, _run.Status));
    }

    [Fact]
    public void FirstBatch_ParentWithoutBatches_OpensTheChildAtItsEnd()
    {
        Submit("""{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch"}""");
        Work(0);

        Assert.True(_run.Nodes[1].Opened);
    }

    [Fact]
    public void TaskFailedForGood_FailsTheRunAndCancelsTheRest()
    {
        Submit("""{"id":"a","role":"r","tasks":3},{"id":"b","role":"r","depends_on":["a"]}""");
        Grant(0, 0);
        Grant(0, 1);
        Do(0, new FailAttempt(1, new LeaseFailure("bad_input", false, "the file is empty")));

        Assert.Equal(RunStatus.Failed, _run.Status);
        Assert.Contains("run/a/0", _run.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal([FlowTaskStatus.Failed, FlowTaskStatus.Cancelled, FlowTaskStatus.Cancelled], _run.Nodes[0].Tasks.Select(task => task.Status));
        Assert.Equal([RunStatus.Failed, RunStatus.Cancelled], _run.Nodes.Select(node => node.Status));
        Assert.Equal(LeaseReasons.LeaseLost, Do(new LeaseTask(new TaskSlot(0, 1), new CompleteAttempt(1, 0))).Refused);
        Assert.Equal(1, _run.RefusedEffects);
    }

    [Fact]
    public void Cancel_LeasedTask_KeepsItsHolderSoThatTheWorkerCanBeTold()
    {
        Submit("""{"id":"a","role":"r","tasks":2}""");
        Grant(0);
        Do(new CancelRun("enough"));

        Assert.Equal((RunStatus.Cancelled, "enough"), (_run.Status, _run.CancelReason));
        Assert.Equal([true, false], _run.Nodes[0].Tasks.Select(task => task.Holder is not null));
        Assert.True(Do(new CancelRun("again")).IsAccepted);
        Assert.Equal("enough", _run.CancelReason);
    }

    [Fact]
    public void Cancel_CompletedRun_IsRefused()
    {
        Submit("""{"id":"a","role":"r"}""");
        Work(0);

        Assert.Equal(LeaseReasons.AlreadyEnded, Do(new CancelRun("late")).Refused);
    }

    [Fact]
    public void NextDue_IsTheEarliestOfExpiryTimeOutAndBackOff()
    {
        Submit("""{"id":"a","role":"r","tasks":2,"timeout_sec":30},{"id":"b","role":"r","retry":{"max":1,"backoff_sec":7}}""");
        Assert.Null(_run.NextDueUtc());
        Grant(0);
        Assert.Equal(T0.AddSeconds(30), _run.NextDueUtc());
        Grant(1);
        Do(1, new FailAttempt(1, new LeaseFailure("oops", false, "no")));
        Assert.Equal(T0.AddSeconds(7), _run.NextDueUtc());
    }

    [Fact]
    public void Find_TaskOfAnotherRunOrBeyondTheNode_IsNull()
    {
        Submit("""{"id":"a","role":"r","tasks":2}""");

        Assert.Equal(new TaskSlot(0, 1), _run.Find(TaskId.Parse("run/a/1")));
        Assert.Null(_run.Find(TaskId.Parse("run/a/2")));
        Assert.Null(_run.Find(TaskId.Parse("run/b/0")));
        Assert.Null(_run.Find(TaskId.Parse("other/a/0")));
        Assert.Null(_run.Find(TaskId.Parse("run")));
    }

    private GraphPlan Submit(string nodes)
    {
        var plan = GraphParser.Parse($$"""{"name":"x","nodes":[{{nodes}}]}""").RequirePlan();
        Do(new SubmitRun(new RunId("run"), plan));
        return plan;
    }

    private void Grant(int node, int index = 0) => Assert.True(Do(new LeaseTask(new TaskSlot(node, index), new GrantLease(new WorkerId("w"), "s"))).IsAccepted);

    private void Do(int node, LeaseCommand command) => Assert.True(Do(new LeaseTask(new TaskSlot(node, 0), command)).IsAccepted);

    private void Work(int node)
    {
        Grant(node);
        Do(node, new CompleteAttempt(1, 0));
    }

    private GraphRunDecision Do(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(_run, command, Duration, T0);
        _run = decision.State;
        return decision;
    }
}
