using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a run that moves to a newer version stays one log, readable by whoever has the version that it began with.</summary>
public sealed class RunMigrationTests
{
    [Fact]
    public void MigratedRun_GoesOnWithTheNewVersion_AndRefusesStepsOfTheOld()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Next(run.Take(), "last");
        var stale = run.Take();

        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Migrate(Plan(run))).Answer);

        Assert.Equal((2, "finish"), (run.State.Workflow.Version, run.NameOf(run.State.Items[2])));
        Assert.Equal(FlowErrorCode.LeaseLost, run.End(stale, "1").Code);
        run.Next(run.Take(), "after");
        Assert.Equal(WorkflowAnswer.Completed, run.End(run.Take(), "2").Answer);
    }

    [Fact]
    public void MigratedItems_AreReady_ForTheQueuesOfTheNewVersion()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var turn = new WorkflowRunTurn(run.State);
        turn.Do(new WorkflowCommand.Migrate(Plan(run)), run.Now);

        Assert.Equal([1L], turn.Ready);
    }

    [Fact]
    public void FailedRun_MayBeMigrated_AndThenReopened()
    {
        var run = RunScript.Of(RunFlows.Chain, StepRetryPolicy.Never);
        run.Next(run.Take(), "last");
        run.Fail(run.Take());

        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Migrate(Plan(run))).Answer);
        Assert.Equal(WorkflowRunStatus.Failed, run.State.Status);
        run.Do(new WorkflowCommand.Reopen());

        Assert.Equal("finish", run.NameOf(run.Take()));
    }

    [Fact]
    public void PlanOfAnEarlierPosition_IsRefused_AndACompletedRunIsFinal()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var plan = Plan(run);
        run.Next(run.Take(), "last");
        Assert.Equal(FlowErrorCode.BadInput, run.Do(new WorkflowCommand.Migrate(plan)).Code);

        run.End(run.Take(), "1");
        Assert.Equal(FlowErrorCode.AlreadyEnded, run.Do(new WorkflowCommand.Migrate(Plan(run))).Code);
    }

    [Fact]
    public void ResetToBeforeTheMove_IsRefused_NamingBothVersions()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var began = run.State.Workflow;
        run.Next(run.Take(), "last");
        run.Do(new WorkflowCommand.Migrate(Plan(run)));

        var refused = run.Do(new WorkflowCommand.Reset(1, WorkflowReset.Before(WorkflowRunState.None(began), run.Events, 1)));
        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("version 1 of 'flow' then, and has moved to version 2", refused.Refused, StringComparison.Ordinal);
    }

    [Fact]
    public void History_TellsOfTheMove_AndIsReplayedFromThere()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var began = run.State.Workflow;
        run.Next(run.Take(), "last");
        run.Do(new WorkflowCommand.Migrate(Plan(run)));
        run.Next(run.Take(), "after");
        run.End(run.Take(), "2");
        var file = WorkflowHistoryFile.Read(new WorkflowHistoryFile(began, [.. run.Events]).Write());

        Assert.Equal("from version 1 to 2", file.Lines.Single(line => line.Kind == WorkflowHistoryKind.RunMigrated).Text);
        Assert.Equal(new ReplayReport(8, null), WorkflowReplay.Check(file, Newer()));
        Assert.Equal("node 'finish'", WorkflowReplay.Check(file, began).Divergence!.Expected);
    }

    private static MigrationPlan Plan(RunScript run)
    {
        var to = Newer();
        return new MigrationPlan
        {
            Workflow = to,
            Position = run.State.Position,
            Nodes = [to.IndexOf("first"), to.IndexOf("finish")],
            Items = [.. run.State.Items.Values.Concat(run.State.Left?.Items.Values ?? []).Select(item => new MovedItem(item.Id, to.IndexOf(run.NameOf(item) == "first" ? "first" : "finish"), item.Input))],
        };
    }

    /// <summary>'last' is called 'finish' and goes on to 'after'.</summary>
    private static CompiledWorkflow Newer()
    {
        var flow = new Workflow<NoContext>("flow", 2);
        var after = RunFlows.Pass(flow, "after").End();
        return flow.Start(RunFlows.Pass(flow, "first").To(RunFlows.Pass(flow, "finish").To(after))).Build<int, int>().Compiled;
    }
}
