using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: what belongs together is stored together: a commit and the lease of what follows, or the outcomes of many workers.</summary>
public sealed class RunTurnTests
{
    [Fact]
    public void CommitAndTheLeaseOfItsFollower_AreOneRow()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var first = run.Take();
        var turn = new WorkflowRunTurn(run.State);

        Assert.Equal(WorkflowAnswer.Stepped, turn.Do(Commit(first, "last", run), run.Now).Answer);
        var next = turn.TakeFollower("worker", "session", 40, run.Now).Item!;

        Assert.Equal((2L, "worker", "session", 41L), (next.Id, next.Worker, next.Session, next.Epoch));
        Assert.Equal(["Committed", "Leased"], turn.Events.Select(happened => happened.GetType().Name));
        Assert.Equal(RunFolds.Text(turn.State), RunFolds.Text(WorkflowRunDecider.ApplyAll(run.State, WorkflowEventJson.Read(WorkflowEventJson.ToUtf8(turn.Events)))));
        RunFolds.AssertIndexes(turn.State);
    }

    [Fact]
    public void Follower_IsOnlyWhatTheLastCommandBrought()
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left", "right");
        var turn = new WorkflowRunTurn(run.State);
        var left = turn.Do(new WorkflowCommand.Take(), run.Now).Item!;
        turn.Do(new WorkflowCommand.Commit(left.Id, left.Epoch, new StepOutcome { Outputs = [default] }), run.Now);

        Assert.Equal(WorkflowAnswer.Idle, turn.TakeFollower(null, null, 0, run.Now).Answer);
        Assert.Equal([3L], turn.State.Pending);
    }

    [Fact]
    public void Follower_HasTheSameRole_AndNoConcurrencyKey_UnlessTheCallerSaysOtherwise()
    {
        var run = RunScript.Of(flow => flow.Start(RunFlows.Pass(flow, "first").To(
            RunFlows.Pass(flow, "gpu").Role("gpu").End(), RunFlows.Pass(flow, "keyed").ConcurrencyKey("k").End(), RunFlows.Pass(flow, "plain").End())));
        var first = run.Take();

        Assert.Equal("plain", Follower(may: false));
        Assert.Equal("gpu", Follower(may: true));

        string Follower(bool may)
        {
            var turn = new WorkflowRunTurn(run.State);
            turn.Do(Commit(first, "gpu", run, "keyed", "plain"), run.Now);
            return run.NameOf(turn.TakeFollower(null, null, 0, run.Now, may ? _ => true : null).Item!);
        }
    }

    [Fact]
    public void Follower_OfAPausedRun_IsNone()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var first = run.Take();
        run.Do(new WorkflowCommand.Pause());
        var turn = new WorkflowRunTurn(run.State);
        turn.Do(Commit(first, "last", run), run.Now);

        Assert.Equal(WorkflowAnswer.Idle, turn.TakeFollower(null, null, 0, run.Now).Answer);
        Assert.Equal([2L], turn.Ready);
    }

    [Fact]
    public void RefusedCommand_LeavesTheTurnAsItWas()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var first = run.Take();
        var turn = new WorkflowRunTurn(run.State);

        Assert.Equal(FlowErrorCode.LeaseLost, turn.Do(new WorkflowCommand.Commit(first.Id, 7, new StepOutcome()), run.Now).Code);
        Assert.Equal((0, true), (turn.EventCount, ReferenceEquals(run.State, turn.State)));
    }

    [Fact]
    public void StateThatWasGivenOut_DoesNotChangeWhenTheTurnGoesOn()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var turn = new WorkflowRunTurn(run.State);
        turn.Do(new WorkflowCommand.Take(), run.Now);
        var (given, text) = (turn.State, RunFolds.Text(turn.State));
        turn.Do(Commit(given.Items[1], "last", run), run.Now);

        Assert.Equal(text, RunFolds.Text(given));
        Assert.NotEqual(text, RunFolds.Text(turn.State));
    }

    [Fact]
    public void TakeOfAnItem_ThatIsNotPending_IsIdle()
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left", "right");

        Assert.Equal(3, run.Do(new WorkflowCommand.Take(3)).Item!.Id);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take(3)).Answer);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take(9)).Answer);
    }

    [Fact]
    public void FoldInAnOutcome_IsAppliedBeforeItsDelta_AndPassedOverWhenItIsOfNoUse()
    {
        var run = RunScript.Of(RunFlows.Loop);
        for (var round = 1; round <= 3; round++)
        {
            run.Commit(run.Take(), new StepOutcome
            {
                Delta = Payload.FromJson($"{round}"),
                Successors = [new ItemSeed(0, default)],
                Fold = round == 2 ? new ContextFold(1, Payload.FromJson("\"one\"")) : new ContextFold(round == 3 ? 1 : 9, Payload.FromJson("\"never\"")),
            });
        }

        Assert.Equal(("\"one\"", 1L, 3L), (run.State.Snapshot.ToString(), run.State.SnapshotVersion, run.State.ContextVersion));
    }

    [Fact]
    public void RunThatHasNotBegun_TakesNothingButAStart()
    {
        var none = WorkflowRunState.None(RunScript.Compile<int>(RunFlows.Chain));

        Assert.Equal(FlowErrorCode.NotFound, WorkflowRunDecider.Decide(none, new WorkflowCommand.Cancel(), default).Code);
        Assert.Equal(WorkflowAnswer.Idle, WorkflowRunDecider.Decide(none, new WorkflowCommand.Take(), default).Answer);
        Assert.Equal(FlowErrorCode.BadInput, WorkflowRunDecider.Decide(none, new WorkflowCommand.Start { RunId = "no way" }, default).Code);
        var begun = WorkflowRunDecider.Decide(none, new WorkflowCommand.Start { RunId = "run", IdempotencyKey = "k" }, default).State;
        Assert.Equal(WorkflowAnswer.Duplicate, WorkflowRunDecider.Decide(begun, new WorkflowCommand.Start { RunId = "run", IdempotencyKey = "k" }, default).Answer);
        Assert.Equal(FlowErrorCode.AlreadyExists, WorkflowRunDecider.Decide(begun, new WorkflowCommand.Start { RunId = "run" }, default).Code);
    }

    private static WorkflowCommand.Commit Commit(WorkItem item, string to, RunScript run, params string[] more) => new(
        item.Id, item.Epoch, new StepOutcome { Successors = [.. more.Prepend(to).Select(name => new ItemSeed(run.State.Workflow.IndexOf(name), item.Input))] });
}
