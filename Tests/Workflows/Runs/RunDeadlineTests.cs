using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a run has a deadline and a node a time limit, and both reach the worker (spec A.6).</summary>
public sealed class RunDeadlineTests
{
    [Fact]
    public void RunPastItsDeadline_FailsWithDeadlineExceeded_ToTheTick()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { DeadlineUtc = RunScript.Epoch.AddMinutes(5) });
        run.Take();
        Assert.Equal(RunScript.Epoch.AddMinutes(5), run.State.NextDueUtc);

        Assert.Equal(WorkflowAnswer.Idle, run.Wait(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1)).Answer);
        Assert.Equal(WorkflowAnswer.Completed, run.Wait(TimeSpan.FromTicks(1)).Answer);

        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.DeadlineExceeded, run.Now), (run.State.Status, run.State.FailureCode, run.State.EndedUtc));
        Assert.Null(run.State.NextDueUtc);
    }

    [Fact]
    public void NextDue_IsTheEarlierOfWaitAndDeadline()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { DeadlineUtc = RunScript.Epoch.AddMinutes(5) });
        run.Commit(run.Take(), new StepOutcome { Signal = "s", DueUtc = run.Now.AddMinutes(3) });
        Assert.Equal(run.Now.AddMinutes(3), run.State.NextDueUtc);

        run.Do(new WorkflowCommand.Pause());
        Assert.Equal(run.Now.AddMinutes(5), run.State.NextDueUtc);
    }

    [Fact]
    public void Deadline_HoldsInAPausedRunToo()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { DeadlineUtc = RunScript.Epoch.AddMinutes(5) });
        run.Do(new WorkflowCommand.Pause());

        Assert.Equal(WorkflowAnswer.Completed, run.Wait(TimeSpan.FromMinutes(5)).Answer);
    }

    [Theory]
    [InlineData(10, null, 10)]
    [InlineData(10, 7, 7)]
    [InlineData(10, 20, 10)]
    [InlineData(null, 7, 7)]
    [InlineData(null, null, null)]
    public void Lease_SaysWhenItsAttemptHasToBeOver(int? nodeSeconds, int? runSeconds, int? expected)
    {
        var run = RunScript.With(
            flow =>
            {
                var node = RunFlows.Pass(flow, "only").End();
                flow.Start(nodeSeconds is { } limit ? node.Timeout(TimeSpan.FromSeconds(limit)) : node);
            },
            start => start with { DeadlineUtc = RunScript.Epoch.AddSeconds(runSeconds ?? 0) is var time && runSeconds is null ? null : time });

        Assert.Equal(expected, (int?)(run.Take().LimitUtc - RunScript.Epoch)?.TotalSeconds);
    }

    [Fact]
    public void TimeOut_CountsAsAFailedAttempt_WhichThePolicyMayExclude()
    {
        var run = RunScript.Of(RunFlows.Chain, new StepRetryPolicy { RetryOn = FailureKinds.Generic });
        var item = run.Take();

        run.Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Timeout, "too slow"));

        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.DeadlineExceeded), (run.State.Status, run.State.FailureCode));
    }

    [Fact]
    public void StartLater_HasItsFirstStepThen()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { NotBeforeUtc = RunScript.Epoch.AddDays(1) });

        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        Assert.Equal(RunScript.Epoch.AddDays(1), run.State.NextDueUtc);
        run.Wait(TimeSpan.FromDays(1));
        Assert.Equal(("first", 0L), (run.NameOf(run.Take()), run.State.Counters.Total));
    }

    [Fact]
    public void PermanentFailure_IsNotRetried_WhateverThePolicySays()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var item = run.Take();

        run.Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, "no such file") { Permanent = true, Code = FlowErrorCode.DataFileMissing });

        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.DataFileMissing, 0L), (run.State.Status, run.State.FailureCode, run.State.Counters.Retries));
    }

    [Fact]
    public void RetryPolicy_IsTheNodes_ThenTheWorkers_ThenTheRuns()
    {
        var worker = new StepRetryPolicy { InitialBackoff = TimeSpan.FromSeconds(3) };
        var run = RunScript.Of(
            flow => flow.Start(RunFlows.Pass(flow, "plain").To(RunFlows.Pass(flow, "own").Retry(new StepRetryPolicy { InitialBackoff = TimeSpan.FromSeconds(4) }).End())),
            new StepRetryPolicy { InitialBackoff = TimeSpan.FromSeconds(2) });

        Assert.Equal(2, Backoff(run, worker: null));
        run.Wait(TimeSpan.FromSeconds(2));
        run.Next(run.Take(), "own");
        Assert.Equal(4, Backoff(run, worker));
        Assert.Equal(3, Backoff(RunScript.Of(RunFlows.Chain), worker));

        static double Backoff(RunScript run, StepRetryPolicy? worker)
        {
            var item = run.Take();
            run.Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, "no") { WorkerRetry = worker });
            return (run.State.NextDueUtc!.Value - run.Now).TotalSeconds;
        }
    }

    [Fact]
    public void Errors_AreTheNewest_AndTheRestIsInTheHistory()
    {
        var run = RunScript.Of(RunFlows.Chain, new StepRetryPolicy { MaxAttempts = 1_000, InitialBackoff = TimeSpan.Zero });
        for (var attempt = 1; attempt <= WorkflowRunDecider.MaxErrors + 1; attempt++)
        {
            run.Fail(run.Take());
            run.Wait(TimeSpan.Zero);
        }

        Assert.Equal((WorkflowRunDecider.MaxErrors, 2), (run.State.Errors.Count, run.State.Errors[0].Attempt));
        Assert.Equal(WorkflowRunDecider.MaxErrors + 1, run.Events.Count(happened => happened is WorkflowRunEvent.Failed));
    }
}
