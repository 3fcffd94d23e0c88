using OrleansFlow.Decisions.Leases;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Batches that are gone and are not made again: a report that counts for nothing, a bound that is reached, a producer that cannot.</summary>
public sealed class RemakeRefusalTests : RemakeTestBase
{
    [Fact]
    public void LostReport_OfAnOldEpoch_IsRefused_AndNothingIsMadeAgain()
    {
        Submit(Chain);
        Make("a", 1);
        Grant("b");
        Play(Slot("b"), new RevokeLease(1, LeaseReasons.ConnectionLost));
        Grant("b");

        var late = Decide(Slot("b"), new LoseInputs(1, [Input("a", 0, 0)], Lost));

        Assert.Equal(LeaseReasons.LeaseLost, late.Refused);
        Assert.Equal("a:done b:open c:pending x:open", Shown());
        Assert.Equal(1, Run.RefusedEffects);
    }

    [Fact]
    public void OldAttemptOfTheProducer_StaysFencedOff()
    {
        Submit(Chain);
        Make("a", 1);
        Grant("b");
        Lose("b", ("a", 0, 0));

        Assert.Equal(LeaseReasons.LeaseLost, Decide(Slot("a"), new CompleteAttempt(1, 1)).Refused);
        Assert.Equal(LeaseReasons.LeaseLost, Decide(Slot("a"), new AcceptBatch(1, 0, new AcceptedBatch(0, 1, 1, "late"))).Refused);
        Assert.Equal("a/0/0.e1", Run[Slot("a")].Batches[0].Path);
    }

    [Fact]
    public void LostAgainAndAgain_FailsForGood_AtTheBound()
    {
        Submit(Chain);
        Make("a", 1);
        for (var times = 0; times < 3; times++)
        {
            Grant("b");
            Lose("b", ("a", 0, 0));
            Make("a", 1);
            Assert.Equal(RunStatus.Running, Run.Status);
        }

        Grant("b");
        Lose("b", ("a", 0, 0));

        Assert.Equal((RunStatus.Failed, LeaseReasons.ArtifactLost, true), (Run.Status, Run.Failure!.Reason, Run.Failure.Permanent));
        Assert.Contains("made again 3 times", Run.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("flow rerun run/a", Run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MaxRemakesOfZero_FailsAtOnce()
    {
        Submit(Chain);
        Run = Run with { LeaseRules = new LeaseOptions { MaxRemakes = 0 } };
        Make("a", 1);
        Grant("b");

        Lose("b", ("a", 0, 0));

        Assert.Equal((RunStatus.Failed, LeaseReasons.ArtifactLost), (Run.Status, Run.Failure!.Reason));
    }

    [Theory]
    [InlineData(2, "it had 1")]
    [InlineData(1, null)]
    public void AnotherBatchThanBefore_FailsTheAttempt(long rows, string? message)
    {
        Submit(Chain);
        Make("a", 1);
        Grant("b");
        Lose("b", ("a", 0, 0));
        Grant("a");

        var decision = Decide(Slot("a"), new AcceptBatch(2, 0, new AcceptedBatch(0, rows, 1, "new")));

        Assert.Equal(message is null, decision.IsAccepted);
        if (message is not null)
        {
            Assert.Equal((RunStatus.Failed, LeaseReasons.BatchMismatch), (Run.Status, Run.Failure!.Reason));
            Assert.Contains(message, Run.Failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void FewerBatchesThanBefore_FailTheAttempt()
    {
        Submit(Chain);
        Make("a", 2);
        Grant("b");
        Lose("b", ("a", 0, 0));
        Grant("a");
        Play(Slot("a"), new AcceptBatch(2, 0, new AcceptedBatch(0, 1, 1, "new")));

        Assert.Equal(LeaseReasons.BadInput, Decide(Slot("a"), new CompleteAttempt(2, 1)).Refused);
        Assert.Equal(LeaseReasons.BatchCountMismatch, Run.Failure!.Reason);
    }

    [Fact]
    public void BatchOfATaskThatFailed_CannotBeMadeAgain()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","retry":{"max":0},"routing":{"on_failure":["fix"]}},{"id":"fix","role":"r"},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch","on_upstream_failure":"end_of_input"}]}""");
        Batch("a");
        Grant("b");
        FailForGood("a");

        Lose("b", ("a", 0, 0), path: "p");

        Assert.Equal((RunStatus.Failed, LeaseReasons.ArtifactLost), (Run.Status, Run.Failure!.Reason));
        Assert.Contains("node 'a' failed", Run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BatchOfANodeThatFailed_CannotBeMadeAgain_AlsoWhereItsTaskHadCompleted()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r","tasks":2,"retry":{"max":0}},{"id":"b","role":"r","depends_on":[{"node":"a","on":"done"}]}]}""");
        Make("a", 1, task: 1);
        FailForGood("a");
        Assert.Equal("a:failed b:open", Shown());
        Grant("b");

        Lose("b", ("a", 1, 0));

        Assert.Equal((RunStatus.Failed, LeaseReasons.ArtifactLost), (Run.Status, Run.Failure!.Reason));
    }

    [Fact]
    public void BarrierThatIsNotMetAnyMore_FailsItsNode_AsTheRestWasCancelled()
    {
        Submit("""{"name":"g","vars":{"l":[1,2,3]},"nodes":[{"id":"a","role":"r","foreach":{"items":"vars.l","barrier":"any"},"retry":{"max":0}},{"id":"b","role":"r","depends_on":["a"]}]}""");
        Make("a", 1, task: 1);
        Assert.Equal("a:done b:open", Shown());
        Grant("b");
        Lose("b", ("a", 1, 0));

        FailForGood("a", 1);

        Assert.Equal((RunStatus.Failed, LeaseReasons.BarrierUnreachable), (Run.Status, Run.Failure!.Reason));
    }

    [Fact]
    public void AnotherFileThanTheOneThatStands_SpendsARetry()
    {
        Submit("""{"name":"g","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"retry":{"max":1,"backoff_sec":0}}]}""");
        Make("a", 1);
        Grant("b");

        Lose("b", ("a", 0, 0), path: "other");

        Assert.Equal(("a:done b:open", FlowTaskStatus.Ready, 1), (Shown(), Run[Slot("b")].Status, Run[Slot("b")].RetriesSpent));
    }
}
