using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Runs;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using static OrleansFlow.Workflows.History.WorkflowHistoryKind;

namespace OrleansFlow.Tests.Workflows.History;

/// <summary>Goal: whoever reads a run's history sees what happened, in order, with times, nodes and items.</summary>
public sealed class WorkflowHistoryTests
{
    [Fact]
    public void History_TellsAllThatHappens()
    {
        var run = RunScript.OfJoin(flow => RunFlows.Joined(flow, JoinRule.All), new StepRetryPolicy { MaxAttempts = 2 });
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());
        run.Do(new WorkflowCommand.Lose(right.Id, right.Epoch));
        run.Fail(left, "not yet");
        run.Wait(TimeSpan.FromSeconds(1));
        run.Commit(run.Take(), new StepOutcome { Signal = "go" });
        run.Do(new WorkflowCommand.Signal("go", Payload.FromJson("3")));
        run.Next(run.Take(), "join");
        run.Do(new WorkflowCommand.Pause());
        run.Do(new WorkflowCommand.Unpause());
        run.Next(run.Take(), "join");
        run.End(run.Take(), "[2]");

        var lines = Lines(run);

        Assert.Equal(
            [
                RunStarted, StepStarted, StepCompleted, StepStarted, StepStarted, LeaseLost, StepFailed, TimerFired, StepStarted, StepWaits, SignalReceived, StepStarted, StepCompleted,
                RunPaused, RunResumed, StepStarted, StepCompleted, Joined, StepStarted, StepCompleted, RunCompleted,
            ],
            lines.Select(line => line.Kind));
        Assert.Equal("not yet (next attempt 2026-01-01 00:00:01.000)", lines.Single(line => line.Kind == StepFailed).Text);
        Assert.Equal(("left", 2L, 1), lines.Where(line => line.Kind == StepFailed).Select(line => (line.Node, line.Item, line.Attempt)).Single());
        Assert.Equal("'left', 'right'", lines.First(line => line.Kind == StepCompleted).Text);
        Assert.Equal("[2]", lines[^1].Payload.ToString());
        Assert.Equal(lines.Select(line => line.Position).Order(), lines.Select(line => line.Position));
        Assert.StartsWith("     1 2026-01-01 00:00:00.000 StepStarted      first#1", lines[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void History_TellsOfEndsAndChanges()
    {
        var run = RunScript.Of(RunFlows.Loop, StepRetryPolicy.Never);
        run.Commit(run.Take(), new StepOutcome { Children = [new ChildOrder { Workflow = "ship", Await = true }] });
        run.Do(new WorkflowCommand.Delivered(1));
        run.Do(new WorkflowCommand.ChildEnded("run.1", WorkflowRunStatus.Completed));
        run.Do(new WorkflowCommand.Update("u", "change", default));
        run.Commit(run.Take(), new StepOutcome { ContinueAsNew = new NewRun(Payload.FromJson("2")) });
        run.Commit(run.Take(), new StepOutcome());
        run.Do(new WorkflowCommand.Describe([new("a", "b"), new("c", null)]));
        var before = WorkflowReset.Before(WorkflowRunState.None(run.State.Workflow), run.Events, 1);
        run.Do(new WorkflowCommand.Reset(1, before));
        run.Fail(run.Take(), "broken");
        run.Do(new WorkflowCommand.Reopen());
        run.Do(new WorkflowCommand.Cancel("enough"));

        Assert.Equal(
            [
                RunStarted, StepStarted, StepWaits, ChildOrdered, OrderDelivered, ChildEnded, UpdateRequested, StepStarted, StepCompleted, RunContinued, StepStarted, UpdateAnswered,
                Described, RunReset, StepStarted, StepGaveUp, RunFailed, RunReopened, RunCancelled,
            ],
            Lines(run).Select(line => line.Kind));
        Assert.Equal("enough", Lines(run)[^1].Text);
        Assert.Equal("a = b, c removed", Lines(run).Single(line => line.Kind == Described).Text);
    }

    [Fact]
    public void File_RoundTrips_AlsoFromTheMiddleOfARun()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        var middle = run.State;
        run.End(run.Take(), "1");

        var whole = WorkflowHistoryFile.Read(new WorkflowHistoryFile(run.State.Workflow, [.. run.Events]).Write());
        var rest = WorkflowHistoryFile.Read(new WorkflowHistoryFile(run.State.Workflow, [.. run.Events.Skip((int)middle.Position)], middle).Write());

        Assert.Equal([RunFolds.Text(run.State), RunFolds.Text(run.State)], new[] { whole, rest }.Select(file => RunFolds.Text(file.End)));
        Assert.Equal(run.State.Workflow, whole.Definition);
        Assert.Equal(Lines(run).Skip(3), rest.Lines);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"format":"orleansflow-workflow-history/1"}""")]
    public void WhatIsNoHistory_IsRefused(string text) =>
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => WorkflowHistoryFile.Read(System.Text.Encoding.UTF8.GetBytes(text))).Code);

    private static List<WorkflowHistoryLine> Lines(RunScript run) => [.. WorkflowHistory.Lines(WorkflowRunState.None(run.State.Workflow), run.Events)];
}
