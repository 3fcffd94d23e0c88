using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Every change of status is kept, with its time and its reason.</summary>
public sealed class RunHistoryTests
{
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset StartUtc = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private GraphRunState _run = GraphRunState.None;
    private int _second;

    [Fact]
    public void Run_KeepsEachTransition_WithTimeAndReason()
    {
        Submit();
        Play(0, new PauseRun("lunch"));
        Play(1, new ResumeRun());
        Fail();
        Play(5, new ReopenRun(null, "fixed"));

        Assert.Equal(
            [
                new StatusChange(null, RunStatus.Pending, StartUtc),
                new StatusChange(RunStatus.Pending, RunStatus.Paused, At(0), "lunch"),
                new StatusChange(RunStatus.Paused, RunStatus.Pending, At(1)),
                new StatusChange(RunStatus.Pending, RunStatus.Running, At(3)),
                new StatusChange(RunStatus.Running, RunStatus.Failed, At(4), "oops"),
                new StatusChange(RunStatus.Failed, RunStatus.Running, At(5), "fixed"),
            ],
            _run.History);
    }

    [Fact]
    public void Node_KeepsEachTransition_AlsoOverRunsThatGoOn()
    {
        Submit();
        Fail();
        Assert.Equal(
            [new StatusChange(null, RunStatus.Pending, StartUtc), new StatusChange(RunStatus.Pending, RunStatus.Running, At(3)), new StatusChange(RunStatus.Running, RunStatus.Failed, At(4), "oops")],
            RunHistory.OfNode(_run, 0));
        Assert.Equal(new StatusChange(RunStatus.Pending, RunStatus.Cancelled, At(4), "run failed: oops"), RunHistory.OfNode(_run, 1)[^1]);

        Play(5, new ReopenRun(null, "fixed"));
        Play(6, new LeaseTask(new TaskSlot(0, 0), new GrantLease(new WorkerId("w"), "s")));
        Play(7, new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(2, 0)));
        Assert.Equal(
            [new StatusChange(RunStatus.Failed, RunStatus.Running, At(5), "fixed"), new StatusChange(RunStatus.Running, RunStatus.Completed, At(7))], RunHistory.OfNode(_run, 0).Skip(3));

        Play(8, new ReopenRun(0, "new data"));
        Play(9, new LeaseTask(new TaskSlot(0, 0), new GrantLease(new WorkerId("w"), "s")));
        Assert.Equal(
            [new StatusChange(RunStatus.Completed, RunStatus.Pending, At(8), "new data"), new StatusChange(RunStatus.Pending, RunStatus.Running, At(9))], RunHistory.OfNode(_run, 0).Skip(5));
    }

    [Fact]
    public void History_IsBounded_AndKeepsItsBeginning()
    {
        Submit();
        for (var pause = 0; pause < RunHistory.Max; pause++)
        {
            Play(pause, pause % 2 == 0 ? new PauseRun($"p{pause}") : new ResumeRun());
        }

        Assert.Equal(RunHistory.Max, _run.History.Count);
        Assert.Null(_run.History[0].From);
        Assert.Equal(At(RunHistory.Max - 1), _run.History[^1].AtUtc);
    }

    private static DateTimeOffset At(int second) => StartUtc.AddSeconds(second);

    private void Submit() => Play(0, new SubmitRun(
        new RunId("run"), GraphParser.Parse("""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":0}},{"id":"b","role":"r","depends_on":["a"]}]}""").RequirePlan()));

    private void Fail()
    {
        Play(3, new LeaseTask(new TaskSlot(0, 0), new GrantLease(new WorkerId("w"), "s")));
        Play(4, new LeaseTask(new TaskSlot(0, 0), new FailAttempt(1, new LeaseFailure("oops", true, "no"))));
    }

    private void Play(int second, GraphRunCommand command)
    {
        _second = second;
        var decision = GraphRunDecider.Decide(_run, command, LeaseDuration, At(_second));
        Assert.True(decision.IsAccepted, decision.Refused);
        _run = decision.State;
    }
}
