using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: pause, resume, cancel, terminate and reopen do what an operator expects, and nothing else (spec A.11 F2, F3, F17 and A.12).</summary>
public sealed class RunSteeringTests
{
    [Fact]
    public void Cancel_KeepsItsReason_RefusesStepsInFlight_AndIsFinal()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var first = run.Take();

        Assert.Equal(WorkflowAnswer.Completed, run.Do(new WorkflowCommand.Cancel("order withdrawn")).Answer);

        Assert.Equal((WorkflowRunStatus.Cancelled, "order withdrawn", run.Now), (run.State.Status, run.State.Reason, run.State.EndedUtc));
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Next(first, "last").Code);
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Reopen()).Code);
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Reset(first.Id, run.State)).Code);
    }

    [Fact]
    public void CancelDuringTheLastStep_Stays_AndTheStepIsRefused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        var last = run.Take();
        run.Do(new WorkflowCommand.Cancel());

        Assert.Equal(WorkflowAnswer.Refused, run.End(last, "1").Answer);
        Assert.Equal((WorkflowRunStatus.Cancelled, 0), (run.State.Status, run.State.Outputs.Count));
    }

    [Fact]
    public void Cancel_OfACompletedRun_IsRefused_AndItStaysCompleted()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.End(run.Take(), "1");

        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Cancel()).Code);
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Pause()).Code);
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Reopen()).Code);
        Assert.Equal(WorkflowRunStatus.Completed, run.State.Status);
    }

    [Fact]
    public void Terminate_FailsTheRunForGood()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Take();

        Assert.Equal(WorkflowAnswer.Completed, run.Do(new WorkflowCommand.Terminate("stuck")).Answer);

        Assert.Equal((WorkflowRunStatus.Failed, "The run was terminated: stuck", FlowErrorCode.Cancelled), (run.State.Status, run.State.Failure, run.State.FailureCode));
        Assert.Contains("terminated", run.Do(new WorkflowCommand.Reopen()).Refused, StringComparison.Ordinal);
    }

    [Fact]
    public void PauseOfAPausedRun_AndResumeOfARunningOne_ChangeNothing()
    {
        var run = RunScript.Of(RunFlows.Chain);

        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Unpause()).Answer);
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Reopen()).Answer);
        run.Do(new WorkflowCommand.Pause());
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Pause()).Answer);
        Assert.Equal(WorkflowRunStatus.Paused, run.State.Status);
    }

    [Fact]
    public void ReasonOfAPause_StandsUntilTheRunGoesOn_OrEnds()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Do(new WorkflowCommand.Pause("look first"));
        Assert.Equal("look first", run.State.Reason);
        run.Do(new WorkflowCommand.Pause("another"));
        Assert.Equal("look first", run.State.Reason);
        run.Do(new WorkflowCommand.Unpause());
        Assert.Null(run.State.Reason);

        run.Do(new WorkflowCommand.Pause("look again"));
        run.Do(new WorkflowCommand.Cancel("enough"));
        Assert.Equal("enough", run.State.Reason);
    }

    [Fact]
    public void PausedRun_MayBeCancelled()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Do(new WorkflowCommand.Pause());

        Assert.Equal(WorkflowAnswer.Completed, run.Do(new WorkflowCommand.Cancel()).Answer);
        Assert.Equal(WorkflowRunStatus.Cancelled, run.State.Status);
    }

    [Fact]
    public void ResumeOfAPausedRun_DoesNotRepeatWhatIsDone()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        run.Do(new WorkflowCommand.Pause());
        run.Do(new WorkflowCommand.Unpause());

        Assert.Equal("last", run.NameOf(run.Take()));
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
    }

    [Fact]
    public void FailedRun_ShowsWhatFailed_AndWithWhichAttempts()
    {
        var run = RunScript.Of(RunFlows.Chain, StepRetryPolicy.Never);
        run.Fail(run.Take());

        Assert.Equal((WorkItemStatus.PermanentlyFailed, 1), run.State.Left!.Items.Values.Select(item => (item.Status, item.Attempts)).Single());
    }

    [Fact]
    public void ReopenedRun_HasWhatFailedPendingAgain_WithAllItsAttempts_AndIsNotEnded()
    {
        var run = RunScript.Of(RunFlows.Broadcast, new StepRetryPolicy { MaxAttempts = 2 });
        run.Next(run.Take(), "left", "right");
        run.End(run.Take(), "7");
        var failing = run.Take();
        run.Fail(failing);
        run.Wait(TimeSpan.FromSeconds(1));
        run.Fail(run.Take());
        Assert.NotNull(run.State.EndedUtc);

        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Reopen()).Answer);

        Assert.Equal((WorkflowRunStatus.Running, null, null, null), (run.State.Status, run.State.EndedUtc, run.State.Failure, run.State.Left));
        var again = run.Take();
        Assert.Equal((failing.Id, 1, 3L), (again.Id, again.Attempts, again.Epoch));
        Assert.Equal(WorkflowAnswer.Completed, run.End(again, "8").Answer);
        Assert.Equal((WorkflowRunStatus.Completed, "7"), (run.State.Status, run.State.Outputs.Single().ToString()));
    }

    [Fact]
    public void ReopenedRun_HandsOutAgainWhatWasInFlight_AndRefusesTheOldLease()
    {
        var run = RunScript.Of(RunFlows.Broadcast, StepRetryPolicy.Never);
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());
        run.Fail(right);
        run.Do(new WorkflowCommand.Reopen());

        Assert.Equal(FlowErrorCode.LeaseLost, run.End(left, "1").Code);
        Assert.Equal([left.Id, right.Id], new[] { run.Take().Id, run.Take().Id });
    }

    [Fact]
    public void ReopenedRun_KeepsItsJoinsAndSleepers()
    {
        var run = RunScript.OfJoin(flow => RunFlows.Joined(flow, JoinRule.All), StepRetryPolicy.Never);
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");
        run.Fail(run.Take());
        Assert.Empty(run.State.OpenJoins);

        run.Do(new WorkflowCommand.Reopen());
        run.Next(run.Take(), "join");

        Assert.Equal("[1,1]", run.Take().Input.ToString());
    }

    [Fact]
    public void ReopenAfterTheDeadline_NeedsNone_OrALaterOne()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { DeadlineUtc = RunScript.Epoch.AddHours(1) });
        run.Wait(TimeSpan.FromHours(1));
        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.DeadlineExceeded), (run.State.Status, run.State.FailureCode));

        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Reopen(run.Now)).Code);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Reopen()).Answer);
        Assert.Equal((WorkflowRunStatus.Running, null), (run.State.Status, run.State.DeadlineUtc));
        Assert.Equal("first", run.NameOf(run.Take()));
    }
}
