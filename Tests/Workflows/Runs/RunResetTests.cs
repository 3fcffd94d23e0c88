using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a run goes back to an earlier step as if what came after had not been, except for what others have sent it.</summary>
public sealed class RunResetTests
{
    [Fact]
    public void Reset_DoesAStepAgain_WithTheContextOfThen()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Again("1"));
        run.Commit(run.Take(), Again("2"));
        run.Commit(run.Take(), Again("3"));
        var version = run.State.ContextVersion;

        Reset(run, 2);

        var item = run.Take();
        Assert.Equal((2L, "1"), (item.Id, run.State.Deltas.Single().ToString()));
        Assert.True(run.State.SnapshotVersion > version, "A context that somebody remembers by its version must not be taken for the one after the reset.");
        Assert.Equal(WorkflowAnswer.Completed, run.End(item, "9").Answer);
    }

    [Fact]
    public void Reset_FencesWhatWasLeasedAfterwards_AndGivesNoIdTwice()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Again("1"));
        run.Commit(run.Take(), Again("2"));
        var stale = run.Take();

        Reset(run, 1);
        Assert.Equal(FlowErrorCode.LeaseLost, run.End(stale, "1").Code);
        var first = run.Take();
        Assert.True(first.Epoch > stale.Epoch);
        run.Commit(first, Again("1"));

        Assert.True(run.Take().Id > stale.Id);
    }

    [Fact]
    public void Reset_KeepsTheSignalsThatCameSince_AndCountsThemOnce()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Again("1"));
        run.Commit(run.Take(), new StepOutcome { Signal = "s" });
        run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("5"), "id"));
        run.Commit(run.Take(), Again("2"));

        Reset(run, 1);

        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("5"), "id")).Answer);
        run.Commit(run.Take(), Again("1"));
        run.Commit(run.Take(), new StepOutcome { Signal = "s" });
        Assert.Equal("5", run.Take().SignalPayload.ToString());
    }

    [Fact]
    public void ResetOfAFailedRun_LetsItGoOn()
    {
        var run = RunScript.Of(RunFlows.Loop, StepRetryPolicy.Never);
        run.Commit(run.Take(), Again("1"));
        run.Fail(run.Take());

        Reset(run, 1);

        Assert.Equal((WorkflowRunStatus.Running, null, null), (run.State.Status, run.State.EndedUtc, run.State.Failure));
        Assert.Equal(1, run.Take().Id);
    }

    [Fact]
    public void ResetOfAPausedRun_StaysPaused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Again("1"));
        run.Do(new WorkflowCommand.Pause());

        Reset(run, 1);

        Assert.Equal((WorkflowRunStatus.Paused, WorkItemStatus.Pending), (run.State.Status, run.State.Items[1].Status));
    }

    [Fact]
    public void Reset_CancelsTheChildrenThatWereStartedSince()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Again("1"));
        run.Commit(run.Take(), new StepOutcome { Children = [new ChildOrder { Workflow = "w", Await = true, CancelWithParent = true }] });

        Reset(run, 1);

        Assert.Empty(run.State.Children);
        Assert.Equal("run.1", Assert.IsType<RunOrder.CancelChild>(run.State.Owed.Values.Last()).Child);
    }

    [Fact]
    public void ResetToAStepThatWasNeverCommitted_IsRefused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Take();

        Assert.Equal(FlowErrorCode.NotFound, Assert.Throws<FlowException>(() => WorkflowReset.Before(WorkflowRunState.None(run.State.Workflow), run.Events, 1)).Code);
        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Reset(7, run.State)).Code);
    }

    private static StepOutcome Again(string delta) => new() { Delta = Payload.FromJson(delta), Successors = [new ItemSeed(0, Payload.FromJson(delta))] };

    private static void Reset(RunScript run, long item)
    {
        var before = WorkflowReset.Before(WorkflowRunState.None(run.State.Workflow), run.Events, item);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Reset(item, before)).Answer);
    }
}
