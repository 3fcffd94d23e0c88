using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

/// <summary>Who may do what with a lease: grants, renewals, effects, ends.</summary>
public sealed class LeaseDeciderTests : LeaseDeciderTestBase
{
    [Fact]
    public void Grant_PendingTask_IsRefused() => Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(Worker, "s")).Refused);

    [Fact]
    public void Grant_ReadyTask_TakesTheNextEpochAndAttempt()
    {
        Grant();

        Assert.Equal((FlowTaskStatus.Leased, 1, 1L, T0 + Policy.Duration), (Lease.Status, Lease.Attempt, Lease.Epoch, Lease.Holder!.ExpiresUtc));
        Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(Worker, "s2")).Refused);
    }

    [Fact]
    public void Renew_ByAnotherWorker_IsRefusedAndTheHolderKeepsTheLease()
    {
        Grant();

        Assert.Equal(LeaseReasons.LeaseLost, Do(new RenewLease(1, new WorkerId("other"), "s", null)).Refused);

        Assert.Equal((Worker, 1L), (Lease.Holder!.Worker, Lease.RefusedEffects));
        Assert.True(Do(new RenewLease(1, Worker, "s2", null)).IsAccepted);
    }

    [Fact]
    public void Batch_OfANumberAcceptedBefore_StandsAsItWas()
    {
        Grant();
        Do(Batch(1, 0, "first"));

        var again = Do(Batch(1, 0, "second"));

        Assert.True(again.IsAccepted);
        Assert.Empty(again.Events);
        Assert.Equal("first", Assert.Single(Lease.Batches).Path);
    }

    [Fact]
    public void Batch_BeyondTheNext_IsRefused()
    {
        Grant();

        Assert.Equal(LeaseReasons.BadInput, Do(Batch(1, 1, "p")).Refused);
        Assert.Empty(Lease.Batches);
    }

    [Fact]
    public void Batch_OfAnEarlierEpoch_IsRefusedAndCounted()
    {
        Grant();
        Do(new RevokeLease(1, LeaseReasons.ConnectionLost));
        Grant();

        Assert.Equal(LeaseReasons.LeaseLost, Do(Batch(1, 0, "p")).Refused);
        Assert.Equal(1, Lease.RefusedEffects);
        Assert.True(Do(Batch(2, 0, "p")).IsAccepted);
    }

    [Fact]
    public void Complete_WithTheAcceptedCount_EndsTheTaskOnce()
    {
        Grant();
        Do(Batch(1, 0, "p"));
        Do(new CompleteAttempt(1, 1, "{}"));

        var again = Do(new CompleteAttempt(1, 1, "other"));

        Assert.True(again.IsAccepted);
        Assert.Empty(again.Events);
        Assert.Equal((FlowTaskStatus.Completed, "{}"), (Lease.Status, Lease.ResultJson));
    }

    [Fact]
    public void Complete_WithAnotherCount_IsRefusedAndSpendsARetry()
    {
        Grant();

        Assert.Equal(LeaseReasons.BadInput, Do(new CompleteAttempt(1, 1)).Refused);
        Assert.Equal((FlowTaskStatus.BackingOff, 1, LeaseReasons.BatchCountMismatch), (Lease.Status, Lease.RetriesSpent, Lease.Failure!.Reason));
    }

    [Fact]
    public void Fail_Transient_BacksOffTwiceAsLongEachTimeUntilRetriesAreSpent()
    {
        foreach (var (epoch, wait) in ((long, int)[])[(1, 10), (2, 20), (3, 25)])
        {
            Grant();
            Do(new FailAttempt(epoch, new LeaseFailure("oops", false, "no")));
            Assert.Equal((FlowTaskStatus.BackingOff, NowUtc.AddSeconds(wait)), (Lease.Status, Lease.ReadyUtc));
            Pass(wait - 0.001);
            Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(Worker, "s")).Refused);
            Pass(0.001);
        }

        Grant();
        Do(new FailAttempt(4, new LeaseFailure("oops", false, "no")));

        Assert.Equal((FlowTaskStatus.Failed, "oops"), (Lease.Status, Lease.Failure!.Reason));
    }

    [Theory]
    [InlineData("oops", true)]
    [InlineData("bad_input", false)]
    public void Fail_Permanent_EndsTheTaskAtOnce(string reason, bool permanent)
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure(reason, permanent, "no")));

        Assert.Equal(FlowTaskStatus.Failed, Lease.Status);
        Assert.True(Lease.Failure!.Permanent);
    }

    [Fact]
    public void Fail_Repeated_IsAnsweredAsBefore()
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure("oops", false, "no")));

        Assert.True(Do(new FailAttempt(1, new LeaseFailure("oops", false, "no"))).IsAccepted);
        Assert.Equal((1, 0L), (Lease.RetriesSpent, Lease.RefusedEffects));
    }

    [Fact]
    public void Stop_OfTheCurrentLease_MakesTheTaskReadyAndSpendsNoRetry()
    {
        Grant();
        Do(new StopAttempt(1));

        Assert.Equal((FlowTaskStatus.Ready, 0), (Lease.Status, Lease.RetriesSpent));
    }

    [Fact]
    public void Cancel_IsFinal()
    {
        Grant();
        Do(new CancelTask("enough"));

        Assert.Equal(LeaseReasons.LeaseLost, Do(new CompleteAttempt(1, 0)).Refused);
        Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(Worker, "s")).Refused);
        Assert.Empty(Do(new CancelTask("again")).Events);
        Assert.Equal(FlowTaskStatus.Cancelled, Lease.Status);
    }

    [Fact]
    public void Cancel_AfterCompletion_IsRefused()
    {
        Grant();
        Do(new CompleteAttempt(1, 0));

        Assert.Equal(LeaseReasons.AlreadyEnded, Do(new CancelTask("late")).Refused);
        Assert.Equal(FlowTaskStatus.Completed, Lease.Status);
    }

    [Fact]
    public void Backoff_OfManyRetries_DoesNotOverflow() => Assert.Equal(Policy.MaxBackoff, Policy.BackoffBefore(100));
}
