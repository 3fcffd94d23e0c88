using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Gates that wait for an answer, and runs that are paused.</summary>
public sealed class GraphGateTests
{
    private const string Gated = """
        {"name":"g","nodes":[{"id":"a","role":"r"},{"id":"gate","approval":{"timeout_sec":60,"on_timeout":"ON_TIMEOUT"},"depends_on":["a"]},
         {"id":"yes","role":"r","depends_on":[{"node":"gate","when":"parents.gate.result.by != 'nobody'"}]},{"id":"no","role":"r","depends_on":[{"node":"gate","on":"failure"}]}]}
        """;

    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset StartUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private GraphRunState _run = GraphRunState.None;
    private DateTimeOffset _nowUtc = StartUtc;

    [Fact]
    public void Gate_Approved_LeadsOnWithItsPayload()
    {
        SubmitAndOpen("fail");

        Assert.True(Play(new AnswerGate(1, true, """{"by":"ann"}""")).IsAccepted);

        Assert.Equal([RunStatus.Completed, RunStatus.Completed, RunStatus.Pending, RunStatus.Skipped], _run.Nodes.Select(node => node.Status));
        Assert.True(_run.Nodes[2].Opened);
        Assert.Empty(_run.OpenGates);
    }

    [Fact]
    public void Gate_Rejected_IsAFailureThatCanBeRemedied()
    {
        SubmitAndOpen("fail");

        Play(new AnswerGate(1, false, "\"too late\""));

        Assert.Equal([RunStatus.Completed, RunStatus.Failed, RunStatus.Skipped, RunStatus.Pending], _run.Nodes.Select(node => node.Status));
        Assert.Equal("rejected", _run.Nodes[1].Failure!.Reason);
        Assert.Contains("too late", _run.Nodes[1].Failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Answer_Repeated_IsFine_TheOtherOneIsRefused(bool approved)
    {
        SubmitAndOpen("fail");
        Play(new AnswerGate(1, approved, null));

        Assert.Equal((true, false), (Play(new AnswerGate(1, approved, null)) is { IsAccepted: true, IsDurable: false }, Play(new AnswerGate(1, !approved, null)).IsAccepted));
        Assert.Equal(LeaseReasons.AlreadyEnded, Play(new AnswerGate(1, !approved, null)).Refused);
    }

    [Fact]
    public void Answer_BeforeTheGateIsReached_IsRefused()
    {
        Play(new SubmitRun(new RunId("run"), GraphParser.Parse(Gated.Replace("ON_TIMEOUT", "fail", StringComparison.Ordinal)).RequirePlan()));

        Assert.Equal(LeaseReasons.NotReady, Play(new AnswerGate(1, true, null)).Refused);
        Assert.Equal(LeaseReasons.NotReady, Play(Grant(1)).Refused);
    }

    [Theory]
    [InlineData("fail", RunStatus.Failed)]
    [InlineData("skip", RunStatus.Skipped)]
    [InlineData("approve", RunStatus.Completed)]
    public void Gate_NotAnsweredInTime_DoesWhatItSays(string onTimeout, RunStatus expected)
    {
        SubmitAndOpen(onTimeout);
        Assert.Equal(StartUtc.AddSeconds(60), _run.NextDueUtc());

        _nowUtc = StartUtc.AddSeconds(59.999);
        Play(new PassRunTime());
        Assert.Equal(RunStatus.Pending, _run.Nodes[1].Status);
        _nowUtc = StartUtc.AddSeconds(60);
        Play(new PassRunTime());

        Assert.Equal(expected, _run.Nodes[1].Status);
    }

    [Fact]
    public void Gate_AnsweredBeforeItsInputHasEnded_WaitsForThatAlone()
    {
        Play(new SubmitRun(new RunId("run"), GraphParser.Parse(
            """{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"gate","approval":{"timeout_sec":60},"depends_on":["a"],"start_when":"first_batch"}]}""").RequirePlan()));
        Play(Grant(0));
        Play(new LeaseTask(new TaskSlot(0, 0), new AcceptBatch(1, 0, new AcceptedBatch(0, 1, 1, "p"))));
        Play(new AnswerGate(1, true, null));

        Assert.Equal((true, RunStatus.Pending), (_run.OpenGates.IsEmpty, _run.Nodes[1].Status));
        Assert.Equal(StartUtc + LeaseDuration, _run.NextDueUtc());
        Play(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 1)));
        Assert.Equal(RunStatus.Completed, _run.Status);
    }

    [Fact]
    public void PausedRun_LeasesNothing_ButTakesWhatIsUnderWay_UntilItIsResumed()
    {
        Play(new SubmitRun(new RunId("run"), GraphParser.Parse("""{"name":"g","nodes":[{"id":"a","role":"r","tasks":2},{"id":"b","role":"r","depends_on":["a"]}]}""").RequirePlan()));
        Play(Grant(0));

        Assert.True(Play(new PauseRun("look")).IsDurable);
        Assert.False(Play(new PauseRun("look")).IsDurable);
        Assert.Equal(LeaseReasons.NotReady, Play(Grant(0, 1)).Refused);
        Assert.True(Play(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 0))).IsAccepted);
        Assert.True(Play(new ResumeRun()).IsDurable);
        Assert.False(Play(new ResumeRun()).IsDurable);
        Assert.True(Play(Grant(0, 1)).IsAccepted);
        Assert.True(Play(new LeaseTask(new TaskSlot(0, 1), new CompleteAttempt(1, 0))).IsAccepted);
        Assert.True(_run.Nodes[1].Opened);
    }

    [Fact]
    public void EndedRun_IsNeitherPausedNorResumed()
    {
        Play(new SubmitRun(new RunId("run"), GraphParser.Parse("""{"name":"g","nodes":[{"id":"a","fn":"noop"}]}""").RequirePlan()));

        Assert.Equal(LeaseReasons.AlreadyEnded, Play(new PauseRun("look")).Refused);
        Assert.Equal(LeaseReasons.AlreadyEnded, Play(new ResumeRun()).Refused);
    }

    private static LeaseTask Grant(int node, int index = 0) => new(new TaskSlot(node, index), new GrantLease(new WorkerId("w"), "s"));

    private void SubmitAndOpen(string onTimeout)
    {
        Play(new SubmitRun(new RunId("run"), GraphParser.Parse(Gated.Replace("ON_TIMEOUT", onTimeout, StringComparison.Ordinal)).RequirePlan()));
        Play(Grant(0));
        Play(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 0)));
        Assert.Equal([1], _run.OpenGates);
    }

    private GraphRunDecision Play(GraphRunCommand command)
    {
        var decision = GraphRunDecider.Decide(_run, command, LeaseDuration, _nowUtc);
        _run = decision.State;
        return decision;
    }
}
