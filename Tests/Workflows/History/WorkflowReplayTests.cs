using OrleansFlow.Tests.Workflows.Runs;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.History;

/// <summary>Goal: a test in a user's CI says whether a changed definition still fits the runs of the one before, and where it does not.</summary>
public sealed class WorkflowReplayTests
{
    [Fact]
    public void SameDefinition_IsCompatible() => Assert.Equal(new ReplayReport(5, null), Replay(Chain(), RunFlows.Chain));

    [Fact]
    public void ChangesThatTheRunDoesNotNotice_AreCompatible() => Assert.True(Replay(Chain(), flow =>
    {
        // Declared in another order, with a new node that only a branch leads to, and other time limits.
        var unused = RunFlows.Pass(flow, "unused").End();
        var last = RunFlows.Pass(flow, "last").Branch(arms => arms.When(value => value > 1_000, unused).OtherwiseEnd());
        flow.Start(RunFlows.Pass(flow, "first").Timeout(TimeSpan.FromHours(1)).To(last));
    }).IsCompatible);

    [Fact]
    public void QueriesAndUpdatesThatAreNew_AreCompatible_AndTheLogIsReadWithThem()
    {
        var history = FileOf(Chain());
        var today = history.Definition with { Queries = ["total"], Updates = ["add"] };

        Assert.Equal(new ReplayReport(5, null), WorkflowReplay.Check(history, today));
        var read = WorkflowRunDecider.ApplyAll(WorkflowRunState.None(today), history.Events);
        Assert.Equal(WorkflowRunStatus.Completed, read.Status);
        Assert.Equal(read.Position, WorkflowRunJson.ReadSnapshot(WorkflowRunJson.WriteSnapshot(read), history.Definition).Position);
    }

    [Fact]
    public void NodeThatIsGone_IsNamed() => AssertParts(
        Chain(), flow => flow.Start(RunFlows.Pass(flow, "first").To(RunFlows.Pass(flow, "other").End())), 2, "StepCompleted of 'first'", "node 'last' to follow", "no node of that name");

    [Fact]
    public void OtherStart_IsNamed() => AssertParts(
        Chain(), flow => flow.Start(RunFlows.Pass(flow, "last").End()), 0, "RunStarted", "item 1 of 'first' Pending", "item 1 of 'last' Pending");

    [Fact]
    public void EdgeThatIsGone_IsNamed() => AssertParts(
        Chain(),
        flow => flow.Start(RunFlows.Pass(flow, "first").To(RunFlows.Pass(flow, "between").To(RunFlows.Pass(flow, "last").End()))),
        2,
        "StepCompleted of 'first'",
        "'last' to follow",
        "has no edge to node");

    [Fact]
    public void EdgeThatIsNew_IsNamed() => AssertParts(
        Chain(),
        flow => flow.Start(RunFlows.Pass(flow, "first").To(RunFlows.Pass(flow, "last").End(), RunFlows.Pass(flow, "more").End())),
        2,
        "StepCompleted of 'first'",
        "'last' to follow",
        "that 'more' follows as well");

    [Fact]
    public void OutputThatIsNotAllowedAnyMore_IsNamed() => AssertParts(
        Chain(),
        flow => flow.Start(RunFlows.Pass(flow, "first").To(RunFlows.Pass(flow, "last").To(RunFlows.Pass(flow, "after").End()))),
        4,
        "StepCompleted of 'last'",
        "an output of the run to follow",
        "does not end a branch");

    [Fact]
    public void OtherRetries_AreNamed()
    {
        var run = RunScript.Of(flow => Retried(flow, 2));
        run.Fail(run.Take());
        run.Wait(TimeSpan.FromSeconds(1));
        run.Fail(run.Take());

        AssertParts(run, flow => Retried(flow, 1), 2, "StepFailed of 'only'", "another attempt after attempt 1", "that it was the last");
        AssertParts(run, flow => Retried(flow, 3), 5, "StepGaveUp of 'only'", "attempt 2 to be the last", "another attempt");
    }

    [Fact]
    public void FailureThatNothingMends_IsNoMatterOfThePolicy()
    {
        var run = RunScript.Of(flow => Retried(flow, 2));
        var item = run.Take();
        run.Do(new WorkflowCommand.Fail(item.Id, item.Epoch, FailureKinds.Generic, "no") { Permanent = true });

        Assert.True(Replay(run, flow => Retried(flow, 5)).IsCompatible);
    }

    [Fact]
    public void FallbackThatIsNew_IsNamed()
    {
        var run = RunScript.Of(flow => Retried(flow, 1));
        run.Fail(run.Take(), "broken");

        AssertParts(
            run,
            flow => flow.Start(RunFlows.Pass(flow, "only").Retry(StepRetryPolicy.Never).End().OnFailure(flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).End())),
            2,
            "StepGaveUp of 'only'",
            "the run Failed (Node 'only' failed once: broken)",
            "the run Running");
    }

    [Fact]
    public void OtherJoin_IsNamed()
    {
        var run = RunScript.OfJoin(flow => RunFlows.Joined(flow, JoinRule.All));
        run.Next(run.Take(), "left", "right");
        run.Next(run.Take(), "join");

        var found = WorkflowReplay.Check(FileOf(run), RunScript.Compile<IReadOnlyList<int>>(flow => RunFlows.Joined(flow, JoinRule.Any))).Divergence!;

        Assert.Equal((4L, "item 4 of 'join' Joining with 1 items", "item 4 of 'join' Pending"), (found.Position, found.Expected, found.Found));
    }

    [Fact]
    public void OtherWorkflow_IsNamed()
    {
        var other = new Workflow<NoContext>("other");
        RunFlows.Chain(other);

        Assert.Equal("workflow 'other'", WorkflowReplay.Check(FileOf(Chain()), other.Build<int, int>().Compiled).Divergence!.Found);
    }

    [Fact]
    public void HistoryFromTheMiddle_AndAReset_AreReplayed()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        var middle = run.State;
        run.Do(new WorkflowCommand.Reset(1, WorkflowReset.Before(WorkflowRunState.None(run.State.Workflow), run.Events, 1)));
        run.Next(run.Take(), "last");
        run.End(run.Take(), "1");
        var file = new WorkflowHistoryFile(run.State.Workflow, [.. run.Events.Skip((int)middle.Position)], middle);
        var reordered = RunScript.Compile<int>(flow =>
        {
            var last = RunFlows.Pass(flow, "last").End();
            flow.Start(RunFlows.Pass(flow, "first").To(last));
        });

        Assert.True(WorkflowReplay.Check(file, reordered).IsCompatible);
        var gone = WorkflowReplay.Check(file, RunScript.Compile<int>(flow => flow.Start(RunFlows.Pass(flow, "first").End()))).Divergence!;
        Assert.Equal(("node 'last'", "no node of that name", middle.Position), (gone.Expected, gone.Found, gone.Position));
    }

    private static void Retried(Workflow<NoContext> flow, int attempts) => flow.Start(RunFlows.Pass(flow, "only").Retry(new StepRetryPolicy { MaxAttempts = attempts }).End());

    private static RunScript Chain()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        run.End(run.Take(), "1");
        return run;
    }

    private static WorkflowHistoryFile FileOf(RunScript run) => WorkflowHistoryFile.Read(new WorkflowHistoryFile(run.State.Workflow, [.. run.Events]).Write());

    private static ReplayReport Replay(RunScript run, Action<Workflow<NoContext>> today) => WorkflowReplay.Check(FileOf(run), RunScript.Compile<int>(today));

    private static void AssertParts(RunScript run, Action<Workflow<NoContext>> today, long position, string happened, string expected, string found)
    {
        var divergence = Replay(run, today).Divergence!;

        Assert.Equal((position, happened, expected), (divergence.Position, divergence.Event, divergence.Expected));
        Assert.Contains(found, divergence.Found, StringComparison.Ordinal);
        Assert.Contains($"position {position}", divergence.ToString(), StringComparison.Ordinal);
    }
}
