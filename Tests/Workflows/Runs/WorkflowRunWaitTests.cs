using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: what waits goes on for a reason that can be named: its time, its signal, the rest of its join.</summary>
public sealed class WorkflowRunWaitTests
{
    [Fact]
    public void Sleep_CommitsTheContextAtOnce_AndItsSuccessorsInTime()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { Delta = Payload.FromJson("1"), DueUtc = run.Now.AddHours(1), Successors = [new ItemSeed(run.State.Workflow.IndexOf("last"), Payload.FromJson("7"))] });

        Assert.Equal(1, run.State.ContextVersion);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        Assert.Equal(WorkflowAnswer.Idle, run.Wait(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1)).Answer);
        Assert.Equal(WorkflowAnswer.Stepped, run.Wait(TimeSpan.FromTicks(1)).Answer);
        Assert.Equal("7", run.Take().Input.ToString());
    }

    [Fact]
    public void Sleep_OfAWorkerWhoseClockIsWrong_LastsItsTimeByTheRunsClock()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { DueIn = TimeSpan.FromHours(1), Successors = [new ItemSeed(run.State.Workflow.IndexOf("last"), Payload.FromJson("7"))] });

        Assert.Equal(run.Now.AddHours(1), run.State.NextDueUtc);
        Assert.Equal(WorkflowAnswer.Idle, run.Wait(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1)).Answer);
        Assert.Equal(WorkflowAnswer.Stepped, run.Wait(TimeSpan.FromTicks(1)).Answer);
    }

    [Fact]
    public void Sleep_WithoutEnd_IsNoError()
    {
        var run = RunScript.Of(Two);

        run.Commit(run.Take(), new StepOutcome { DueIn = TimeSpan.MaxValue, Successors = [new ItemSeed(run.State.Workflow.IndexOf("last"), default)] });

        Assert.Equal(DateTimeOffset.MaxValue, run.State.NextDueUtc);
    }

    [Fact]
    public void Sleep_OfAPausedRun_GoesOnAfterTheResume()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { DueUtc = run.Now.AddSeconds(1), Successors = [new ItemSeed(run.State.Workflow.IndexOf("last"), default)] });
        run.Do(new WorkflowCommand.Pause());

        Assert.Equal(WorkflowAnswer.Idle, run.Wait(TimeSpan.FromSeconds(5)).Answer);
        run.Do(new WorkflowCommand.Unpause());
        Assert.Equal(WorkflowAnswer.Stepped, run.Wait(TimeSpan.Zero).Answer);
    }

    [Fact]
    public void Signal_WakesTheItemThatWaits_WithTheSameInput()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { Signal = "approved", DueUtc = run.Now.AddDays(1) });

        run.Do(new WorkflowCommand.Signal("other", Payload.FromJson("0")));
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        run.Do(new WorkflowCommand.Signal("approved", Payload.FromJson("true")));
        var item = run.Take();

        Assert.Equal(("1", "true", 1), (item.Input.ToString(), item.SignalPayload.ToString(), item.Attempts));
        Assert.Null(run.State.NextDueUtc);
    }

    [Fact]
    public void Signals_ThatComeEarly_AreKeptInOrder_AndUsedOnce()
    {
        var run = RunScript.Of(Two);
        run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1")));
        run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("2")));

        for (var expected = 1; expected <= 2; expected++)
        {
            run.Commit(run.Take(), new StepOutcome { Signal = "s" });
            Assert.Equal($"{expected}", run.State.Items.Values.Single().SignalPayload.ToString());
        }

        run.Commit(run.Take(), new StepOutcome { Signal = "s" });
        Assert.Equal((WorkItemStatus.WaitingForSignal, 0), (run.State.Items.Values.Single().Status, run.State.SignalCount));
    }

    [Fact]
    public void Signal_WhoseTimeIsUp_RunsTheNodeWithoutOne()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { Signal = "s", DueUtc = run.Now.AddSeconds(3) });

        run.Wait(TimeSpan.FromSeconds(3));

        Assert.False(run.Take().HasSignal);
    }

    [Fact]
    public void Signal_ThatCarriesNull_IsASignal_AlsoAfterItWasStored()
    {
        var run = RunScript.Of(Two);
        run.Commit(run.Take(), new StepOutcome { Signal = "s" });

        run.Do(new WorkflowCommand.Signal("s", default));

        Assert.True(WorkflowRunJson.Read(WorkflowRunJson.Write(run.State)).Items.Values.Single().HasSignal);
    }

    [Fact]
    public void Signals_BeyondTheLimit_AreRefused()
    {
        var run = RunScript.Of(Two);
        for (var count = 0; count < WorkflowRunDecider.MaxSignals; count++)
        {
            Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Signal("s", default)).Answer);
        }

        Assert.Equal(WorkflowAnswer.Refused, run.Do(new WorkflowCommand.Signal("s", default)).Answer);
    }

    [Fact]
    public void JoinOfAll_GoesOnWhenNoOtherItemCanReachIt_WithTheItemsAsOneArray()
    {
        var run = RunScript.OfJoin(flow => Join(flow, JoinRule.All));
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());

        run.Next(left, "join");
        Assert.Equal(WorkItemStatus.Joining, run.State.Items.Values.Last().Status);
        run.Next(right, "join");

        Assert.Equal("[1,1]", run.Take().Input.ToString());
    }

    [Fact]
    public void JoinOfAll_WhereABranchHolds_GoesOnWithTheOthers()
    {
        var run = RunScript.OfJoin(flow => Join(flow, JoinRule.All));
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");

        run.Commit(run.Take(), new StepOutcome());

        Assert.Equal("[1]", run.Take().Input.ToString());
    }

    [Fact]
    public void JoinOfAny_GoesOnOnce_AndDropsWhatComesLater()
    {
        var run = RunScript.OfJoin(flow => Join(flow, JoinRule.Any));
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");
        var (right, join) = (run.Take(), run.Take());
        run.Next(right, "join");

        Assert.Equal(WorkflowAnswer.Completed, run.End(join, "[1]").Answer);
        Assert.Equal(WorkflowRunStatus.Completed, run.State.Status);
    }

    [Fact]
    public void JoinOfMoreThanCanCome_FailsNamingIt()
    {
        var run = RunScript.OfJoin(flow => Join(flow, JoinRule.Of(3)));
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");
        run.Next(run.Take(), "join");

        Assert.Equal("Join 'join' wants 3 items; 2 came and no more can come.", run.State.Failure);
    }

    [Fact]
    public void Join_WhoseTimeIsUp_GoesOnWithWhatCame()
    {
        var run = RunScript.OfJoin(flow => Join(flow, JoinRule.Of(3).Within(TimeSpan.FromSeconds(5))));
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");
        run.Next(run.Take(), "join");

        run.Wait(TimeSpan.FromSeconds(5));

        Assert.Equal("[1,1]", run.Take().Input.ToString());
    }

    [Fact]
    public void Loop_EndsAtItsBound_NamingTheNode()
    {
        var run = RunScript.Of(flow =>
        {
            var loop = flow.Node<int, int>("loop", (value, _) => value).AtMost(3);
            flow.Start(loop.Branch(arms => arms.When(value => value > 0, loop).OtherwiseEnd()));
        });
        run.Next(run.Take(), "loop");
        run.Next(run.Take(), "loop");

        Assert.Equal(WorkflowAnswer.Completed, run.Next(run.Take(), "loop").Answer);
        Assert.Contains("'loop' may run 3 times", run.State.Failure, StringComparison.Ordinal);
    }

    private static void Two(Workflow<NoContext> flow) =>
        flow.Start(flow.Node<int, int>("first", (value, _) => value).To(flow.Node<int, int>("last", (value, _) => value).End()));

    private static void Join(Workflow<NoContext> flow, JoinRule rule)
    {
        var join = flow.Join<int>("join", rule).End();
        flow.Start(flow.Node<int, int>("first", (value, _) => value).To(
            flow.Node<int, int>("left", (value, _) => value).To(join),
            flow.Node<int, int>("right", (value, _) => value).To(join)));
    }
}
