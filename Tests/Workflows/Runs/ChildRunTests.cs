using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a run starts others and hears of their ends, each exactly once, whatever is delivered twice or late.</summary>
public sealed class ChildRunTests
{
    [Fact]
    public void ChildThatIsOrderedAgain_WhileItGoesOn_IsTheSameRun_AndAnswersTheNewestOrder()
    {
        var run = Child();

        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(Again(1)).Answer);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(Again(4)).Answer);
        Assert.Equal((WorkflowRunStatus.Running, 0L, 1), (run.State.Status, run.State.Link, run.State.Items.Count));
        run.Next(run.Take(), "last");
        run.End(run.Take(), "5");

        Assert.Equal(4, Assert.IsType<RunOrder.TellParent>(Assert.Single(run.State.Owed.Values)).Order);
    }

    [Fact]
    public void ChildThatIsOrderedAgain_WhenItHasCompleted_GivesItsOutputAgain()
    {
        var run = Child();
        run.Next(run.Take(), "last");
        run.End(run.Take(), "5");
        run.Do(new WorkflowCommand.Delivered(Assert.Single(run.State.Owed).Key));

        run.Do(Again(2));
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(Again(2)).Answer);

        var told = Assert.IsType<RunOrder.TellParent>(Assert.Single(run.State.Owed.Values));
        Assert.Equal((WorkflowRunStatus.Completed, "5", 2L), (run.State.Status, told.Output.ToString(), told.Order));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChildThatIsOrderedAgain_WhenItFailedOrWasCancelled_BeginsAgain_WithNothingOfBefore(bool failed)
    {
        var run = Child();
        run.Do(new WorkflowCommand.Signal("late", Payload.FromJson("1")));
        run.Commit(run.Take(), new StepOutcome { Delta = Payload.FromJson("{}"), Successors = [new ItemSeed(1, Payload.FromJson("1"))] });
        run.Do(failed ? new WorkflowCommand.Terminate() : new WorkflowCommand.Cancel());

        run.Do(Again(2));

        Assert.Equal((WorkflowRunStatus.Running, null, null, 1L), (run.State.Status, run.State.EndedUtc, run.State.Failure, run.State.Link));
        Assert.Equal((0, 0, 9), (run.State.Deltas.Count, run.State.SignalCount, int.Parse(run.State.Items.Values.Single().Input.ToString(), System.Globalization.CultureInfo.InvariantCulture)));
        run.Next(run.Take(), "last");
        run.End(run.Take(), "5");
        Assert.Equal([1, 2], run.State.Owed.Values.Select(order => ((RunOrder.TellParent)order).Order));
    }

    [Fact]
    public void RunThatIsNobodysChild_OrAnotherOnes_IsNotTaken()
    {
        var run = Child();

        var refused = run.Do(new WorkflowCommand.Attach("other", 9, Payload.FromJson("9")));

        Assert.Equal((WorkflowAnswer.Refused, FlowErrorCode.AlreadyExists), (refused.Answer, refused.Code));
        Assert.Contains("a child of run 'parent'", refused.Refused, StringComparison.Ordinal);
    }

    [Fact]
    public void EndOfAChild_ThatAnswersAnEarlierOrder_IsOutOfDate()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var order = new StepOutcome { Children = [new ChildOrder { Id = "kid", Workflow = "w", Await = true }] };
        var first = run.Take();
        run.Commit(first, order);
        run.Do(new WorkflowCommand.Reset(first.Id, WorkflowReset.Before(WorkflowRunState.None(run.State.Workflow), run.Events, first.Id)));
        run.Commit(run.Take(), order);

        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.ChildEnded("kid", WorkflowRunStatus.Cancelled, Order: 1)).Answer);
        Assert.Equal(WorkItemStatus.WaitingForChildren, Assert.Single(run.State.Items.Values).Status);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.ChildEnded("kid", WorkflowRunStatus.Completed, Payload.FromJson("1"), Order: 2)).Answer);
        Assert.Equal(WorkItemStatus.Pending, Assert.Single(run.State.Items.Values).Status);
    }

    [Fact]
    public void OrdersOfOneChild_AreDueOneAfterTheOther_SoThatNoneIsCancelledBeforeItWasStarted()
    {
        var run = RunScript.Of(RunFlows.Chain);
        run.Commit(run.Take(), new StepOutcome { Children = [.. ((string[])["a", "b"]).Select(id => new ChildOrder { Id = id, Workflow = "w", Await = true, CancelWithParent = true })] });
        run.Do(new WorkflowCommand.Cancel());

        Assert.Equal(4, run.State.Owed.Count);
        Assert.Equal([1, 2], run.State.DueOrders(10).Select(order => order.Number));
        Assert.Single(run.State.DueOrders(1));
        run.Do(new WorkflowCommand.Delivered(2));
        Assert.Equal(["a", "b"], run.State.DueOrders(10).Select(order => order is RunOrder.StartChild start ? start.Child : ((RunOrder.CancelChild)order).Child));
        Assert.IsType<RunOrder.CancelChild>(run.State.DueOrders(10)[1]);
    }

    private static RunScript Child() => RunScript.With(RunFlows.Chain, start => start with { ParentRun = "parent", ParentOrder = 1 });

    private static WorkflowCommand.Attach Again(long order) => new("parent", order, Payload.FromJson("9"));

    [Fact]
    public void AwaitedChild_RunsTheNodeAgainWithItsResult()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Children(new ChildOrder { Workflow = "ship", Version = 2, Input = Payload.FromJson("7"), Await = true }));

        var order = Assert.IsType<RunOrder.StartChild>(Assert.Single(run.State.Owed.Values));
        Assert.Equal((1L, "run.1", "ship", 2, "7"), (order.Number, order.Child, order.Order.Workflow, order.Order.Version, order.Order.Input.ToString()));
        Assert.Equal(WorkItemStatus.WaitingForChildren, run.State.Items[1].Status);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);

        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Delivered(1)).Answer);
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.Delivered(1)).Answer);
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.ChildEnded("run.1", WorkflowRunStatus.Completed, Payload.FromJson("\"sent\""))).Answer);
        Assert.Equal(WorkflowAnswer.Duplicate, run.Do(new WorkflowCommand.ChildEnded("run.1", WorkflowRunStatus.Completed, Payload.FromJson("\"sent\""))).Answer);

        var again = run.Take();
        Assert.Equal((1L, "1", 1), (again.Id, again.Input.ToString(), again.Attempts));
        Assert.Equal((WorkflowRunStatus.Completed, "\"sent\""), again.Children.Select(child => (child.Status, child.Output.ToString())).Single());
        Assert.Equal(WorkflowAnswer.Completed, run.End(again, "1").Answer);
    }

    [Fact]
    public void SeveralAwaitedChildren_AreAllWaitedFor_AndTheirResultsKeepTheirOrder()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), Children(new ChildOrder { Id = "b", Workflow = "w", Await = true }, new ChildOrder { Id = "fire", Workflow = "w" }, new ChildOrder { Id = "a", Workflow = "w", Await = true }));

        run.Do(new WorkflowCommand.ChildEnded("a", WorkflowRunStatus.Failed, Failure: "no"));
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        run.Do(new WorkflowCommand.ChildEnded("b", WorkflowRunStatus.Completed, Payload.FromJson("1")));

        Assert.Equal([("b", null), ("a", "no")], run.Take().Children.Select(child => (child.Child, child.Failure)));
        Assert.Equal(["b", "fire", "a"], run.State.Owed.Values.Cast<RunOrder.StartChild>().Select(order => order.Child));
    }

    [Fact]
    public void ChildrenThatTakeTooLong_AreWaitedForNoLonger_AndTheirLateEndsStillCount()
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left", "right", "left");
        run.Commit(run.Take(), Children(new ChildOrder { Workflow = "w", Await = true }) with { DueUtc = run.Now.AddSeconds(5) });
        var (right, third) = (run.Take(), run.Take());
        run.Wait(TimeSpan.FromSeconds(5));

        var again = run.Take();
        Assert.Equal((2L, WorkflowRunStatus.Running), (again.Id, again.Children.Single().Status));

        // The end changes an item that is in progress, with lanes free below it.
        run.End(right, "1");
        run.End(third, "1");
        run.Do(new WorkflowCommand.ChildEnded("run.1", WorkflowRunStatus.Completed, Payload.FromJson("7")));
        Assert.Equal("7", run.State.Items[2].Children.Single().Output.ToString());
        Assert.Equal(WorkflowAnswer.Completed, run.End(again, "1").Answer);
    }

    [Fact]
    public void FiredChild_IsNotWaitedFor_AndGoesAlongWithSuccessors()
    {
        var run = RunScript.Of(RunFlows.Loop);

        run.Commit(run.Take(), new StepOutcome { Outputs = [Payload.FromJson("1")], Children = [new ChildOrder { Workflow = "w" }] });

        Assert.Equal((WorkflowRunStatus.Completed, 1), (run.State.Status, run.State.Owed.Count));
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Delivered(1)).Answer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChildrenThatAreToBeCancelledWithTheirParent_Are_HoweverItEnds(bool completes)
    {
        var run = RunScript.Of(RunFlows.Broadcast);
        run.Next(run.Take(), "left");
        run.Commit(run.Take(), new StepOutcome
        {
            Outputs = [default],
            Successors = [],
            DueUtc = run.Now.AddSeconds(1),
            Children = [new ChildOrder { Id = "kept", Workflow = "w" }, new ChildOrder { Id = "bound", Workflow = "w", CancelWithParent = true }],
        });

        _ = completes ? run.Wait(TimeSpan.FromSeconds(1)) : run.Do(new WorkflowCommand.Cancel());

        Assert.Equal(["bound"], run.State.Owed.Values.OfType<RunOrder.CancelChild>().Select(order => order.Child));
    }

    [Theory]
    [InlineData(OutputRule.First, "1")]
    [InlineData(OutputRule.List, "[1,2]")]
    public void Child_TellsItsParentOnce_WithItsOutput(OutputRule rule, string expected)
    {
        var run = RunScript.With(
            flow =>
            {
                RunFlows.Broadcast(flow);
                flow.Output(rule);
            },
            start => start with { ParentRun = "parent" });
        run.Next(run.Take(), "left", "right");
        run.End(run.Take(), "1");
        Assert.Empty(run.State.Owed);
        run.End(run.Take(), "2");

        var told = Assert.IsType<RunOrder.TellParent>(Assert.Single(run.State.Owed.Values));
        Assert.Equal(("parent", WorkflowRunStatus.Completed, expected), (told.Parent, told.Status, told.Output.ToString()));
        run.Do(new WorkflowCommand.Delivered(told.Number));
        Assert.Empty(run.State.Owed);
    }

    [Fact]
    public void ChildThatFails_TellsItsParentWhy()
    {
        var run = RunScript.With(RunFlows.Chain, start => start with { ParentRun = "parent", DefaultRetry = StepRetryPolicy.Never });
        run.Fail(run.Take(), "broken");

        var told = Assert.IsType<RunOrder.TellParent>(Assert.Single(run.State.Owed.Values));
        Assert.Equal((WorkflowRunStatus.Failed, "Node 'first' failed once: broken"), (told.Status, told.Failure));
    }

    [Fact]
    public void ChildWithAnIdThatLivesOrIsNone_IsRefused()
    {
        var run = RunScript.Of(RunFlows.Loop);
        run.Commit(run.Take(), new StepOutcome { Successors = [new ItemSeed(0, default)], Children = [new ChildOrder { Id = "a", Workflow = "w", CancelWithParent = true }] });
        var item = run.Take();

        foreach (var children in new[] { new[] { "a" }, ["run"], ["b", "b"], ["no way"] })
        {
            Assert.Equal(FlowErrorCode.BadInput, run.Commit(item, Children([.. children.Select(id => new ChildOrder { Id = id, Workflow = "w" })])).Code);
        }
    }

    [Fact]
    public void ItemOfAFailedRunThatWaitedForChildren_OrdersThemAnewWhenItIsReopened()
    {
        var run = RunScript.Of(RunFlows.Broadcast, StepRetryPolicy.Never);
        run.Next(run.Take(), "left", "right");
        run.Commit(run.Take(), Children(new ChildOrder { Workflow = "w", Await = true, CancelWithParent = true }));
        run.Fail(run.Take());
        run.Do(new WorkflowCommand.Reopen());

        var again = run.Take();
        Assert.Equal((2L, 0), (again.Id, again.Children.Length));
        run.Commit(again, Children(new ChildOrder { Workflow = "w", Await = true }));
        Assert.Equal("run.3", run.State.Children.Keys.Single());
    }

    private static StepOutcome Children(params ChildOrder[] orders) => new() { Children = [.. orders] };
}
