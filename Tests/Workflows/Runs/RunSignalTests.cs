using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a signal takes effect exactly once, whoever repeats it.</summary>
public sealed class RunSignalTests
{
    [Fact]
    public void RepeatedSignal_CountsOnce_AlsoAfterTheEnd()
    {
        var run = RunScript.Of(RunFlows.Loop);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1"), "id")).Answer);

        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1"), "id")).Answer);
        Assert.Equal(1, run.State.SignalCount);

        run.Commit(run.Take(), new StepOutcome { Signal = "s" });
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1"), "id")).Answer);
        run.End(run.Take(), "1");
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1"), "id")).Answer);
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1"), "other")).Code);
    }

    [Fact]
    public void SignalsWithoutAnId_AllCount()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Do(new WorkflowCommand.Signal("s", default));
        run.Do(new WorkflowCommand.Signal("s", default));

        Assert.Equal(2, run.State.SignalCount);
    }

    [Fact]
    public void RememberedIds_AreBounded_TheOldestIsForgottenFirst()
    {
        var ids = RecentIds.Empty;
        for (var id = 0; id < 5; id++)
        {
            ids = ids.Add($"{id}", 3);
        }

        Assert.Equal(["2", "3", "4"], ids.InOrder);
        Assert.Equal((3, false, true), (ids.Count, ids.Contains("1"), ids.Contains("2")));
    }

    [Fact]
    public void Signal_GoesToTheOldestItemThatWaitsForThatName()
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left", "right", "left");
        foreach (var name in new[] { "b", "a", "a" })
        {
            run.Commit(run.Take(), new StepOutcome { Signal = name });
        }

        run.Do(new WorkflowCommand.Signal("a", Payload.FromJson("1")));

        Assert.Equal((3L, "a"), (run.Take().Id, run.State.Awaiting[0].Signal));
        Assert.Equal([4L, 2L], run.State.Awaiting.Select(pair => pair.Item));
    }

    [Fact]
    public void Repeat_RunsTheNodeAgain_WithTheSameInput_AndWhatItSaved()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), new StepOutcome { Repeat = true, Saved = Payload.FromJson("\"half\""), DueUtc = run.Now.AddSeconds(10) });
        Assert.Equal((WorkItemStatus.Suspended, 0L), (run.State.Items[1].Status, run.State.Counters.Total));
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);

        run.Wait(TimeSpan.FromSeconds(10));
        var again = run.Take();
        Assert.Equal(("1", "\"half\"", 1), (again.Input.ToString(), again.Saved.ToString(), again.Attempts));

        run.Commit(again, new StepOutcome { Repeat = true });
        Assert.Equal("\"half\"", run.Take().Saved.ToString());
    }

    [Fact]
    public void Outcome_ThatGoesOnInTwoWays_IsRefused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        var item = run.Take();
        foreach (var outcome in new[]
        {
            new StepOutcome { Repeat = true, Signal = "s" },
            new StepOutcome { Repeat = true, Outputs = [default] },
            new StepOutcome { Signal = "s", Successors = [new ItemSeed(0, default)] },
            new StepOutcome { ContinueAsNew = new NewRun(default), Repeat = true },
            new StepOutcome { ContinueAsNew = new NewRun(default), DueUtc = run.Now.AddSeconds(1) },
            new StepOutcome { Children = [new ChildOrder { Workflow = "w", Await = true }], Outputs = [default] },
        })
        {
            Assert.Equal(FlowErrorCode.BadInput, run.Commit(item, outcome).Code);
        }
    }
}
