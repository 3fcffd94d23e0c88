using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a run without an end (an entity, a poller) begins again under its id, so that neither its log nor its state grows.</summary>
public sealed class RunRenewalTests
{
    [Fact]
    public void ContinueAsNew_BeginsAtTheStart_WithNewInputAndContext_AndANewLog()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        var version = run.State.ContextVersion;

        Assert.Equal(WorkflowAnswer.Stepped, run.Commit(run.Take(), new StepOutcome { Delta = Payload.FromJson("1"), ContinueAsNew = new NewRun(Payload.FromJson("2"), Payload.FromJson("\"fresh\"")) }).Answer);

        var first = run.Take();
        Assert.Equal(("first", "2"), (run.NameOf(first), first.Input.ToString()));
        Assert.Equal(("\"fresh\"", 0), (run.State.Snapshot.ToString(), run.State.Deltas.Count));
        Assert.True(run.State.SnapshotVersion > version + 1);
        Assert.Equal(run.State.Position - 1, run.State.LogStart);
        Assert.Equal([1, 0], run.State.Visits);
    }

    [Fact]
    public void ContinueAsNew_WithoutAContext_KeepsTheOneThereIs()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), new StepOutcome { Delta = Payload.FromJson("1"), ContinueAsNew = new NewRun(Payload.FromJson("2")) });

        Assert.Equal(("{}", "1"), (run.State.Snapshot.ToString(), run.State.Deltas.Single().ToString()));
    }

    [Fact]
    public void ContinueAsNew_KeepsSignalsAndUpdates_AndDropsAllOtherItems()
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());
        run.Do(new WorkflowCommand.Signal("s", Payload.FromJson("1")));
        run.Do(new WorkflowCommand.Update("u", "change", Payload.FromJson("2")));

        run.Commit(left, new StepOutcome { ContinueAsNew = new NewRun(Payload.FromJson("3")) });

        Assert.Equal(WorkflowAnswer.Refused, run.End(right, "1").Answer);
        Assert.Equal(["change", null], run.State.Items.Values.Select(item => item.Update));
        Assert.Equal(1, run.State.SignalCount);
    }

    [Fact]
    public void ContinueAsNew_TenThousandTimes_LeavesAStateOfTheSameSize()
    {
        var run = WorkflowRunDecider.Decide(WorkflowRunState.None(RunScript.Compile<int>(RunFlows.Loop)), new WorkflowCommand.Start { RunId = "run", Input = Payload.FromJson("1") }, default).State;
        var sizes = new List<int>();
        for (var round = 0; round < 10_000; round++)
        {
            var turn = new WorkflowRunTurn(run);
            var item = turn.Do(new WorkflowCommand.Take(), default).Item!;
            turn.Do(new WorkflowCommand.Commit(item.Id, item.Epoch, new StepOutcome { ContinueAsNew = new NewRun(Payload.FromJson("1"), Payload.FromJson("0")) }), default);
            run = turn.State;
            sizes.Add(WorkflowRunJson.WriteSnapshot(run).Length);
        }

        Assert.InRange(sizes[^1], sizes[0], sizes[0] + 40);
    }
}
