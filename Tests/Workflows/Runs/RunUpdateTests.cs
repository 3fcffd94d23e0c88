using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: an update changes a live run's context through a worker that checks it, once, and its sender gets the answer.</summary>
public sealed class RunUpdateTests
{
    [Fact]
    public void Update_IsAnItem_WhoseCommitHoldsChangeAndAnswer()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Do(new WorkflowCommand.Update("u1", "raise", Payload.FromJson("5")));
        run.Take();

        var update = run.Take();
        Assert.Equal(("raise", "u1", "5", WorkItem.NoNode), (update.Update, update.UpdateId, update.Input.ToString(), update.Node));
        run.Commit(update, new StepOutcome { Delta = Payload.FromJson("1"), Result = Payload.FromJson("\"done\"") });

        Assert.Equal((1L, "\"done\"", 0L), (run.State.ContextVersion, run.State.Updates.Single().Result.ToString(), run.State.Counters.Total));
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Update("u1", "raise", Payload.FromJson("5"))).Answer);
    }

    [Fact]
    public void UpdateThatItsWorkerRefuses_ChangesNothing_AndTheRunGoesOn()
    {
        var run = RunScript.Of(RunFlows.Loop);
        var step = run.Take();
        run.Do(new WorkflowCommand.Update("u1", "raise", default));
        var update = run.Take();

        run.Do(new WorkflowCommand.Fail(update.Id, update.Epoch, FailureKinds.Generic, "too much") { Permanent = true, Code = FlowErrorCode.BadInput });

        Assert.Equal(new UpdateResult("u1", default, "too much", FlowErrorCode.BadInput), run.State.Updates.Single());
        Assert.Equal((0L, 0L), (run.State.ContextVersion, run.State.Counters.Failed));
        Assert.Equal(WorkflowAnswer.Completed, run.End(step, "1").Answer);
    }

    [Fact]
    public void UpdateWhoseWorkerIsLost_IsHandedOutAgain()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Take();
        run.Do(new WorkflowCommand.Update("u1", "raise", default));
        var lost = run.Take();
        run.Do(new WorkflowCommand.Lose(lost.Id, lost.Epoch));

        Assert.Equal((lost.Id, 2L), (run.State.Pending.Single(), run.Take().Epoch));
    }

    [Fact]
    public void RunThatEnds_AnswersItsUpdates()
    {
        var run = RunScript.Of(RunFlows.Loop);
        var step = run.Take();
        run.Do(new WorkflowCommand.Update("u1", "raise", default));

        Assert.Equal(WorkflowAnswer.Completed, run.End(step, "1").Answer);

        Assert.Equal((FlowErrorCode.AlreadyEnded, WorkflowRunStatus.Completed), (run.State.Updates.Single().Code, run.State.Status));
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Update("u2", "raise", default)).Code);
    }

    [Fact]
    public void Update_DoesNotKeepAJoinWaiting_NorARunAlive()
    {
        var run = RunScript.OfJoin(flow => RunFlows.Joined(flow, JoinRule.All));
        run.Do(new WorkflowCommand.Update("u1", "raise", default));
        run.Next(run.Take(), "left");
        run.Take();
        run.Next(run.Take(), "join");

        Assert.Equal("[1]", run.Take().Input.ToString());
    }

    [Fact]
    public void Updates_BeyondTheLimit_AreRefused_AndOldAnswersForgotten()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Take();
        for (var id = 0; id <= WorkflowRunDecider.MaxUpdateResults; id++)
        {
            run.Do(new WorkflowCommand.Update($"{id}", "raise", default));
            run.Commit(run.Take(), new StepOutcome());
        }

        Assert.Equal((WorkflowRunDecider.MaxUpdateResults, "1"), (run.State.Updates.Count, run.State.Updates[0].Id));
        for (var id = 0; id < WorkflowRunDecider.MaxOpenUpdates; id++)
        {
            run.Do(new WorkflowCommand.Update($"open{id}", "raise", default));
        }

        Assert.Equal(FlowErrorCode.LimitExceeded, run.Do(new WorkflowCommand.Update("more", "raise", default)).Code);
    }

    [Fact]
    public void UpdateThatWantsSuccessors_IsRefused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Take();
        run.Do(new WorkflowCommand.Update("u1", "raise", default));

        Assert.Equal(FlowErrorCode.BadInput, run.Commit(run.Take(), new StepOutcome { Successors = [new ItemSeed(0, default)] }).Code);
    }

    [Fact]
    public void Attributes_AreSetAtTheStart_ByStepsAndFromOutside_WithinTheirLimits()
    {
        var run = RunScript.With(RunFlows.Loop, start => start with { Attributes = [new("customer", "eve"), new("stage", "new")] });
        run.Commit(run.Take(), new StepOutcome { Successors = [new ItemSeed(0, default)], Attributes = [new("stage", "paid"), new("customer", null)] });
        run.Do(new WorkflowCommand.Describe([new("note", "x")]));

        Assert.Equal([new("note", "x"), new("stage", "paid")], run.State.Attributes);
        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Describe([new("", "x")])).Code);
        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Describe([new("x", new string('x', RunAttributes.MaxValueLength + 1))])).Code);
        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Describe([.. Enumerable.Range(0, RunAttributes.MaxCount - 1).Select(place => new KeyValuePair<string, string?>($"a{place}", "x"))])).Code);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Describe([.. Enumerable.Range(0, RunAttributes.MaxCount - 2).Select(place => new KeyValuePair<string, string?>($"a{place}", "x"))])).Answer);
    }
}
