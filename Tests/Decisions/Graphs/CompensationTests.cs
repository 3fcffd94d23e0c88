using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Runs that fail or are cancelled and undo what their nodes did.</summary>
public sealed class CompensationTests : GraphRunTestBase
{
    private const string Trip = """
        {"name":"trip","nodes":[
         {"id":"hotel","role":"r","compensate":{"role":"undo","params":{"what":"hotel"},"retry":{"max":1,"backoff_sec":0}}},
         {"id":"flight","role":"r","params":{"a":1},"compensate":{"role":"undo","on_cancel":true}},
         {"id":"car","role":"r","compensate":{"role":"undo"}},
         {"id":"pay","role":"r","depends_on":["hotel","flight"]},
         {"id":"mail","role":"r","depends_on":["pay"]}]}
        """;

    [Fact]
    public void Compensation_AfterAFailureForGood_RunsInReverseOrderOfCompletion_OneAtATime()
    {
        Submit(Trip);
        Complete("flight");
        Complete("hotel");
        FailForGood("pay");

        Assert.Equal(RunStatus.Compensating, Run.Status);
        Assert.Equal("hotel:done flight:done car:cancelled pay:failed mail:cancelled hotel.compensate:open flight.compensate:pending car.compensate:pending", Shown());
        Complete("hotel.compensate");
        Assert.Equal((RunStatus.Compensating, FlowTaskStatus.Ready), (Run.Status, Run[Slot("flight.compensate")].Status));
        Complete("flight.compensate");

        Assert.Equal((RunStatus.Failed, "oops"), (Run.Status, Run.Failure!.Reason));
        Assert.Equal("hotel:done flight:done car:cancelled pay:failed mail:cancelled hotel.compensate:done flight.compensate:done car.compensate:skipped", Shown());
        Assert.Equal(StartUtc, Run.EndedUtc);
    }

    [Fact]
    public void Compensation_OfARunThatCompletes_IsSkipped()
    {
        Submit(Trip);
        foreach (var node in (string[])["hotel", "flight", "car", "pay", "mail"])
        {
            Complete(node);
        }

        Assert.Equal(RunStatus.Completed, Run.Status);
        Assert.EndsWith("hotel.compensate:skipped flight.compensate:skipped car.compensate:skipped", Shown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Compensation_WithNothingCompleted_EndsTheRunAtOnce()
    {
        Submit(Trip);
        FailForGood("car");

        Assert.Equal(RunStatus.Failed, Run.Status);
        Assert.EndsWith("hotel.compensate:skipped flight.compensate:skipped car.compensate:skipped", Shown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Cancel_UndoesOnlyWhatSaysSo_AndIsCancelledAtItsEnd()
    {
        Submit(Trip);
        Complete("flight");
        Complete("hotel");

        Assert.True(Decide(new CancelRun("no more")).IsAccepted);
        Assert.Equal(("open", "pending"), (StateOf("flight.compensate"), StateOf("hotel.compensate")));
        Assert.False(Decide(new CancelRun("again")).IsDurable);
        Complete("flight.compensate");

        Assert.Equal((RunStatus.Cancelled, "no more"), (Run.Status, Run.CancelReason));
        Assert.Equal("skipped", StateOf("hotel.compensate"));
    }

    [Fact]
    public void Cancel_OfARunThatUndoesAfterAFailure_IsRefused()
    {
        Submit(Trip);
        Complete("flight");
        FailForGood("car");

        Assert.Equal(LeaseReasons.AlreadyEnded, Decide(new CancelRun("late")).Refused);
        Assert.Equal(RunStatus.Compensating, Run.Status);
    }

    [Fact]
    public void Compensation_IsALeasedTaskWithRetries_AndOneThatFailsDoesNotKeepTheOthers()
    {
        Submit(Trip);
        Complete("flight");
        Complete("hotel");
        FailForGood("car");

        Fail("hotel.compensate", permanent: false);
        Assert.Equal((FlowTaskStatus.Ready, 1), (Run[Slot("hotel.compensate")].Status, Run[Slot("hotel.compensate")].RetriesSpent));
        Fail("hotel.compensate", permanent: false);
        Assert.Equal(("failed", "open"), (StateOf("hotel.compensate"), StateOf("flight.compensate")));
        Complete("flight.compensate");

        Assert.Equal((RunStatus.Failed, "oops", "undone"), (Run.Status, Run.Failure!.Reason, Node("hotel.compensate").Failure!.Reason));
    }

    [Fact]
    public void Effects_OfTheOthers_AreRefusedWhileTheRunUndoes()
    {
        Submit(Trip);
        Complete("flight");
        Grant("hotel");
        FailForGood("car");

        Assert.Equal(LeaseReasons.LeaseLost, Decide(new LeaseTask(Slot("hotel"), new CompleteAttempt(1, 0))).Refused);
        Assert.Equal("pending", StateOf("hotel.compensate"));
    }

    [Fact]
    public void Deadline_OfTheRun_DoesNotCutItsCompensationShort()
    {
        Submit(Trip.Replace("\"name\":\"trip\"", "\"name\":\"trip\",\"deadline_sec\":5", StringComparison.Ordinal));
        Complete("flight");

        Run = GraphRunDecider.Decide(Run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(5)).State;
        Assert.Equal((RunStatus.Compensating, "deadline_exceeded"), (Run.Status, Run.Failure!.Reason));
        Assert.Null(Run.DeadlineUtc);
        Run = GraphRunDecider.Decide(Run, new PassRunTime(), LeaseDuration, StartUtc.AddSeconds(50)).State;

        Assert.Equal("open", StateOf("flight.compensate"));
    }

    [Fact]
    public void AFailureThatIsRemedied_UndoesNothing()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","compensate":{"role":"u"}},{"id":"b","role":"r","depends_on":["a"],"routing":{"on_failure":["c"]}},{"id":"c","role":"r"}]}""");
        Complete("a");
        FailForGood("b");
        Complete("c");

        Assert.Equal((RunStatus.Completed, "skipped"), (Run.Status, StateOf("a.compensate")));
    }

    [Theory]
    [InlineData("""{"name":"g","nodes":[{"id":"a","role":"r","compensate":{"role":"u"}},{"id":"a.compensate","role":"r"}]}""", "graph_duplicate_node", "nodes[1].id")]
    [InlineData("""{"name":"g","nodes":[{"id":"a","role":"r","compensate":{}}]}""", "graph_missing_field", "nodes[0].compensate.role")]
    [InlineData("""{"name":"g","nodes":[{"id":"a","approval":{},"compensate":{"role":"u"}}]}""", "graph_bad_value", "nodes[0].compensate")]
    public void Document_WithACompensationThatCannotBe_IsRefused(string document, string code, string path)
    {
        var problem = Assert.Single(GraphParser.Parse(document).Problems);

        Assert.Equal((code, path), (problem.Code, problem.Path));
    }

    /// <summary>Whatever happens: each is undone once, only if it completed, in reverse order of completion, and the run has an end.</summary>
    [Fact]
    public void Compensation_InEveryHistory_RunsOnceInReverseOrder() => Prop.ForAll(RunScript.Any, script =>
    {
        var run = RunScript.Run(script);
        run.DriveToTheEnd();
        var plan = run.State.Plan!;
        var ended = run.Events.OfType<NodeStatusChanged>().Where(change => change.Status == RunStatus.Completed && change.Node < plan.RegularCount).Select(change => change.Node).ToList();
        var undone = run.Events.OfType<NodeOpened>().Where(change => change.Node >= plan.RegularCount).Select(change => plan.Nodes[change.Node].Compensation!.Node).Distinct().ToList();
        var order = undone.ConvertAll(node => ended.LastIndexOf(node));
        return run.State.IsTerminal && order.TrueForAll(place => place >= 0) && order.SequenceEqual(order.OrderDescending())
            && run.Events.OfType<RunTaskChanged>().Where(change => change.Slot.Node >= plan.RegularCount && change.Change is TaskCompleted).GroupBy(change => change.Slot).All(group => group.Count() == 1)
            && (run.State.Status != RunStatus.Completed || undone.Count == 0);
    }).QuickCheckThrowOnFailure();

    private string StateOf(string node) => Shown().Split(' ').Single(one => one.StartsWith(node + ":", StringComparison.Ordinal))[(node.Length + 1)..];

    private void Fail(string node, bool permanent)
    {
        Grant(node);
        Play(Slot(node), new FailAttempt(Run[Slot(node)].Epoch, new LeaseFailure("undone", permanent, "no")));
    }

    private GraphRunDecision Decide(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(Run, command, LeaseDuration, StartUtc);
        Run = decision.State;
        return decision;
    }
}
