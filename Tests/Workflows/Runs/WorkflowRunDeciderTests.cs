using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: a step commits as a whole or not at all, final states are final, and an item takes effect once.</summary>
public sealed class WorkflowRunDeciderTests
{
    [Fact]
    public void Start_HasTheFirstItemInTheSameState()
    {
        var run = RunScript.Of(Chain);

        Assert.Equal(WorkflowRunStatus.Running, run.State.Status);
        Assert.Equal("1", Assert.Single(run.State.Items.Values).Input.ToString());
    }

    [Fact]
    public void Results_AreIdle_Stepped_AndCompleted()
    {
        var run = RunScript.Of(Chain);

        var first = run.Take();
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        Assert.Equal(WorkflowAnswer.Stepped, run.Next(first, "last").Answer);
        Assert.Equal(WorkflowAnswer.Completed, run.End(run.Take(), "42").Answer);

        Assert.Equal((WorkflowRunStatus.Completed, "42"), (run.State.Status, run.State.Outputs.Single().ToString()));
        Assert.Equal(new RunCounters(Total: 2, Completed: 1), run.State.Counters);
    }

    [Fact]
    public void Commit_BringsDeltaSuccessorsAndCountersTogether()
    {
        var run = RunScript.Of(Chain);
        var first = run.Take();

        run.Commit(first, new StepOutcome { Delta = Payload.FromJson("""{"n":1}"""), Successors = [new ItemSeed(run.State.Workflow.IndexOf("last"), Payload.FromJson("2"))] });

        Assert.Equal((1L, """{"n":1}""", 1L), (run.State.ContextVersion, run.State.Deltas.Single().ToString(), run.State.Counters.Total));
        Assert.Equal("2", run.State.Items.Values.Single().Input.ToString());
    }

    [Fact]
    public void Commit_OfAStrayEdgeOrOutput_IsRefusedAsAWhole()
    {
        var run = RunScript.Of(Chain);
        var first = run.Take();
        var before = run.State;

        Assert.Equal(WorkflowAnswer.Refused, run.Commit(first, new StepOutcome { Delta = Payload.FromJson("1"), Successors = [new ItemSeed(first.Node, default)] }).Answer);
        Assert.Equal(WorkflowAnswer.Refused, run.Commit(first, new StepOutcome { Delta = Payload.FromJson("1"), Successors = [new ItemSeed(-1, default)] }).Answer);
        Assert.Contains("does not end a branch", run.End(first, "1").Refused, StringComparison.Ordinal);

        Assert.Same(before, run.State);
    }

    [Fact]
    public void Commit_OfMoreItemsThanARunMayHave_IsRefused()
    {
        var run = WorkflowRunDecider.Decide(WorkflowRunState.None(RunScript.Compile<int>(Chain)), new WorkflowCommand.Start { RunId = "run" }, default).State;
        var taken = WorkflowRunDecider.Decide(run, new WorkflowCommand.Take(), default);

        Assert.Contains("at most 100000", Commit(WorkflowRunDecider.MaxItems + 1).Refused, StringComparison.Ordinal);
        Assert.Equal(WorkflowRunDecider.MaxItems, Commit(WorkflowRunDecider.MaxItems).State.Items.Count);

        WorkflowDecision Commit(int count) => WorkflowRunDecider.Decide(
            taken.State, new WorkflowCommand.Commit(1, 1, new StepOutcome { Successors = [.. Enumerable.Repeat(new ItemSeed(run.Workflow.IndexOf("last"), default), count)] }), default);
    }

    [Fact]
    public void ItemHandedOutTwice_TakesEffectOnce_AndTheStaleLeaseIsNamed()
    {
        var run = RunScript.Of(Chain);
        var stale = run.Take();
        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Lose(stale.Id, stale.Epoch)).Answer);
        var current = run.Take();

        Assert.Equal((1, 2L, 1), (stale.Attempts, current.Epoch, current.Attempts));
        Assert.Contains("not leased under epoch 1; it is InProgress under 2", run.Next(stale, "last").Refused, StringComparison.Ordinal);
        Assert.Equal(WorkflowAnswer.Stepped, run.Next(current, "last").Answer);
        Assert.Equal(WorkflowAnswer.Refused, run.Next(current, "last").Answer);
        Assert.Single(run.State.Items);
    }

    /// <summary>Both sides of the bound; what is no loss of a worker is not counted, and what a step commits makes the count begin anew.</summary>
    [Fact]
    public void Takeovers_BeyondTheirMaximum_FailTheItemForGood()
    {
        var run = RunScript.Of(Chain, new StepRetryPolicy { MaxAttempts = 9 });
        for (var takeover = 1; takeover <= 2; takeover++)
        {
            Assert.Equal(WorkflowAnswer.Stepped, Lose(run.Take(), "lease_expired").Answer);
            Assert.Equal(takeover, Assert.Single(run.State.Items.Values).Takeovers);
        }

        Lose(run.Take(), null);
        Assert.Equal((2, 0), (Assert.Single(run.State.Items.Values).Takeovers, run.State.Errors.Count));

        var last = run.Take();
        Assert.Equal(1, last.Attempts);
        run.Do(new WorkflowCommand.Lose(last.Id, last.Epoch) { Takeover = "connection_lost", MaxTakeovers = 2 });

        Assert.Equal((WorkflowRunStatus.Failed, FlowErrorCode.TooManyTakeovers), (run.State.Status, run.State.FailureCode));
        Assert.Contains("Its worker was lost 3 times", Assert.Single(run.State.Errors).Message, StringComparison.Ordinal);

        // Reopened it has all of them before it again.
        run.Do(new WorkflowCommand.Reopen());
        Assert.Equal(0, Assert.Single(run.State.Items.Values).Takeovers);

        WorkflowDecision Lose(WorkItem item, string? why) => run.Do(new WorkflowCommand.Lose(item.Id, item.Epoch) { Takeover = why, MaxTakeovers = 2 });
    }

    [Fact]
    public void Takeovers_WithoutAMaximum_GoOn()
    {
        var run = RunScript.Of(Chain);
        for (var takeover = 0; takeover < 30; takeover++)
        {
            var item = run.Take();
            run.Do(new WorkflowCommand.Lose(item.Id, item.Epoch) { Takeover = "lease_expired" });
        }

        Assert.Equal((WorkItemStatus.Pending, 30, 0), (run.State.Items[1].Status, run.State.Items[1].Takeovers, run.State.Items[1].Attempts));
    }

    [Fact]
    public void FailedAttempts_GiveTheVerifiedNumbers()
    {
        var run = RunScript.Of(Chain, new StepRetryPolicy { MaxAttempts = 3 });
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            run.Fail(run.Take());
            run.Wait(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([1, 2, 3], run.State.Errors.Select(error => error.Attempt));
        Assert.Equal(new RunCounters(Total: 0, Completed: 0, Failed: 1, Retries: 2), run.State.Counters);
        Assert.Equal((WorkflowRunStatus.Failed, "Node 'first' failed 3 times: no"), (run.State.Status, run.State.Failure));
        Assert.Equal(0, run.State.ContextVersion);
    }

    [Fact]
    public void RetryWaits_AreDurableTimers_ToTheTick()
    {
        var run = RunScript.Of(Chain);
        foreach (var seconds in new[] { 1, 2, 4, 8 })
        {
            run.Fail(run.Take());
            Assert.Equal(run.Now.AddSeconds(seconds), run.State.NextDueUtc);
            Assert.Equal(WorkflowAnswer.Idle, run.Wait(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1)).Answer);
            Assert.Equal(WorkflowAnswer.Stepped, run.Wait(TimeSpan.FromTicks(1)).Answer);
        }

        Assert.Equal(WorkflowAnswer.Completed, run.Fail(run.Take()).Answer);
    }

    [Fact]
    public void Fallback_GetsTheInputAndTheError_AndTheFailedItemCountsAsDone()
    {
        var run = RunScript.Of(flow => flow.Start(Pass(flow, "first").End()
            .OnFailure(flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).End())), StepRetryPolicy.Never);

        run.Fail(run.Take(), "say \"no\"");
        var rescue = run.Take();

        Assert.Equal("rescue", run.NameOf(rescue));
        var failure = System.Text.Json.JsonSerializer.Deserialize<NodeFailure<int>>(rescue.Input.Utf8.Span);
        Assert.Equal(new NodeFailure<int>(1, "first", "say \"no\"", 1), failure);
        Assert.Equal(new RunCounters(Total: 1), run.State.Counters);
    }

    [Fact]
    public void FailedRun_DropsItsSiblings_AndKeepsNoOutput()
    {
        var run = RunScript.Of(Broadcast, StepRetryPolicy.Never);
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());
        run.End(left, "1");
        Assert.Equal(WorkflowRunStatus.Running, run.State.Status);

        Assert.Equal(WorkflowAnswer.Completed, run.Fail(right).Answer);

        Assert.Equal(WorkflowRunStatus.Failed, run.State.Status);
        Assert.Empty(run.State.Outputs);
        Assert.Empty(run.State.Items);
    }

    [Fact]
    public void Run_WithTwoEnds_CompletesWhenNothingIsLeft_WithTheFirstOutput()
    {
        var run = RunScript.Of(Broadcast);
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());

        Assert.Equal(WorkflowAnswer.Stepped, run.End(right, "2").Answer);
        Assert.Equal(WorkflowAnswer.Completed, run.End(left, "1").Answer);

        Assert.Equal("2", run.State.Outputs.Single().ToString());
    }

    [Fact]
    public void PausedRun_HandsOutNothing_InFlightStepsFinish_AndItStaysPaused()
    {
        var run = RunScript.Of(Chain);
        var first = run.Take();
        run.Do(new WorkflowCommand.Pause());

        Assert.Equal(WorkflowAnswer.Stepped, run.Next(first, "last").Answer);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        Assert.Equal(WorkflowRunStatus.Paused, run.State.Status);

        run.Do(new WorkflowCommand.Unpause());
        var last = run.Take();
        run.Do(new WorkflowCommand.Pause());
        Assert.Equal(WorkflowAnswer.Stepped, run.End(last, "1").Answer);
        Assert.Equal(WorkflowRunStatus.Paused, run.State.Status);
        Assert.Equal(WorkflowAnswer.Completed, run.Do(new WorkflowCommand.Unpause()).Answer);
        Assert.Equal(WorkflowRunStatus.Completed, run.State.Status);
    }

    [Fact]
    public void FinalStates_AreFinal()
    {
        var run = RunScript.Of(Chain);
        var first = run.Take();
        run.Do(new WorkflowCommand.Cancel());

        foreach (var command in new WorkflowCommand[]
        {
            new WorkflowCommand.Commit(first.Id, first.Epoch, new StepOutcome()), new WorkflowCommand.Fail(first.Id, first.Epoch, FailureKinds.Generic, "no"),
            new WorkflowCommand.Lose(first.Id, first.Epoch), new WorkflowCommand.Cancel(), new WorkflowCommand.Pause(), new WorkflowCommand.Unpause(),
            new WorkflowCommand.Signal("s", default),
        })
        {
            Assert.Equal(WorkflowAnswer.Refused, run.Do(command).Answer);
        }

        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Take()).Answer);
        Assert.Equal(WorkflowAnswer.Idle, run.Do(new WorkflowCommand.Tick()).Answer);
        Assert.Equal(WorkflowRunStatus.Cancelled, run.State.Status);
    }

    [Fact]
    public void RunThatHoldsEverything_FailsBecauseItHasNoOutput()
    {
        var run = RunScript.Of(Chain);

        Assert.Equal(WorkflowAnswer.Completed, run.Commit(run.Take(), new StepOutcome()).Answer);

        Assert.Equal(WorkflowRunStatus.Failed, run.State.Status);
        Assert.Contains("without an output", run.State.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Lanes_OfItemsInFlight_AreDifferent_AndUsedAgain()
    {
        var run = RunScript.Of(Broadcast);
        run.Next(run.Take(), "left", "right");
        var (left, right) = (run.Take(), run.Take());

        Assert.Equal((0, 1), (left.Lane, right.Lane));
        run.Do(new WorkflowCommand.Lose(left.Id, left.Epoch));
        Assert.Equal(0, run.Take().Lane);
        Assert.Equal([0, 1], RunFolds.Lanes(run.State));
    }

    [Fact]
    public void Fold_ReplacesTheDeltasThatItHolds_AndALateOneIsRefused()
    {
        var run = RunScript.Of(Broadcast);
        run.Commit(run.Take(), new StepOutcome { Delta = Payload.FromJson("1"), Successors = [new ItemSeed(run.State.Workflow.IndexOf("left"), default), new ItemSeed(run.State.Workflow.IndexOf("right"), default)] });
        var (left, _) = (run.Take(), run.Take());
        run.Commit(left, new StepOutcome { Delta = Payload.FromJson("2"), Outputs = [default] });

        Assert.Equal(WorkflowAnswer.Stepped, run.Do(new WorkflowCommand.Fold(1, Payload.FromJson("\"folded\""))).Answer);
        Assert.Equal((1L, 2L, "2"), (run.State.SnapshotVersion, run.State.ContextVersion, run.State.Deltas.Single().ToString()));
        Assert.Equal(WorkflowAnswer.Refused, run.Do(new WorkflowCommand.Fold(1, default)).Answer);
        Assert.Equal(WorkflowAnswer.Refused, run.Do(new WorkflowCommand.Fold(3, default)).Answer);
    }

    private static void Chain(Workflow<NoContext> flow) => flow.Start(Pass(flow, "first").To(Pass(flow, "last").End()));

    private static void Broadcast(Workflow<NoContext> flow) => flow.Start(Pass(flow, "first").To(Pass(flow, "left").End(), Pass(flow, "right").End()));

    private static WorkflowNode<int, int, NoContext> Pass(Workflow<NoContext> flow, string name) => flow.Node<int, int>(name, (value, _) => value);
}
