using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

/// <summary>What the clock ends: leases that nobody renews, attempts and batches that take too long.</summary>
public sealed class LeaseDeadlineTests : LeaseDeciderTestBase
{
    [Fact]
    public void TimeOut_NamesTheLongestGap_TheLease_AndTheWayOut()
    {
        var policy = Policy with { AttemptTimeout = TimeSpan.FromSeconds(50) };
        Grant();
        NowUtc += TimeSpan.FromSeconds(35);
        Do(new RenewLease(1, Worker, "s", null), policy);
        NowUtc += TimeSpan.FromSeconds(15);

        var change = Assert.IsType<TaskBackedOff>(Assert.Single(Do(new PassTime(), policy).Events));

        Assert.Equal(
            "The attempt took longer than 50 s (longest gap between its worker's signs of life 35 s, lease 60 s); raise timeout_sec or make the task smaller.",
            change.Failure.Message);
    }

    [Fact]
    public void Expiry_NamesTheSilence_TheLease_AndTheWayOut()
    {
        Grant();
        NowUtc += TimeSpan.FromSeconds(61);

        var change = Assert.IsType<LeaseRevoked>(Assert.Single(Do(new PassTime(), Policy).Events));

        Assert.StartsWith("Worker 'w' was not heard of in time (longest gap between its worker's signs of life 61 s, lease 60 s).", change.Detail, StringComparison.Ordinal);
        Assert.Contains("raise OrleansFlow:Leases:Duration", change.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_LongerThanItsDeadline_FailsItsAttempt()
    {
        var policy = Policy with { BatchTimeout = TimeSpan.FromSeconds(5) };
        Grant();
        Assert.Equal(T0.AddSeconds(5), Lease.DueUtc(policy));
        NowUtc = T0.AddSeconds(4.9);
        Assert.True(Do(Batch(1, 0, "p"), policy).IsAccepted);
        Assert.Equal(T0.AddSeconds(9.9), Lease.DueUtc(policy));
        NowUtc = T0.AddSeconds(9.8);
        Assert.Empty(Do(new PassTime(), policy).Events);
        NowUtc = T0.AddSeconds(9.9);

        var change = Assert.IsType<TaskBackedOff>(Do(new PassTime(), policy).Events[0]);

        Assert.Equal(("batch_deadline_exceeded", false, 1), (change.Failure.Reason, change.Reported, Lease.RetriesSpent));
        Assert.Equal(LeaseReasons.LeaseLost, Do(Batch(1, 1, "late"), policy).Refused);
    }

    [Fact]
    public void BatchDeadline_OfALeaseThatWasReadFromStorage_CountsFromThere()
    {
        var policy = Policy with { BatchTimeout = TimeSpan.FromSeconds(5) };
        Grant();
        NowUtc = T0.AddSeconds(30);
        Do(new RestoreLease(), policy);

        Assert.Empty(Do(new PassTime(), policy).Events);
        Assert.Equal(T0.AddSeconds(35), Lease.DueUtc(policy));
    }

    [Theory]
    [InlineData(59.999, true)]
    [InlineData(60, false)]
    public void Renew_AtTheExpiry_IsTooLate(double afterSeconds, bool accepted)
    {
        Grant();
        Pass(afterSeconds);

        Assert.Equal(accepted, Do(new RenewLease(1, Worker, "s", 0.4)).IsAccepted);
        Assert.Equal(accepted ? FlowTaskStatus.Leased : FlowTaskStatus.Ready, Lease.Status);
        Assert.Equal(accepted ? 0.4 : 0, Lease.Progress);
    }

    [Fact]
    public void Grant_AfterTheExpiry_NeedsNoTick()
    {
        Grant();
        Pass(60);

        Assert.True(Do(new GrantLease(Worker, "s2")).IsAccepted);
        Assert.Equal((2L, 2, 0), (Lease.Epoch, Lease.Attempt, Lease.RetriesSpent));
    }

    [Fact]
    public void TimeOut_CountsFromTheGrantWhateverIsRenewed()
    {
        var policy = Policy with { AttemptTimeout = TimeSpan.FromSeconds(90) };
        Grant();
        Pass(50);
        Do(new RenewLease(1, Worker, "s", null));
        Pass(39.999);
        Assert.Empty(Do(new PassTime(), policy).Events);
        Pass(0.001);
        Do(new PassTime(), policy);

        Assert.Equal((FlowTaskStatus.BackingOff, LeaseReasons.DeadlineExceeded), (Lease.Status, Lease.Failure!.Reason));
        Assert.Equal(LeaseReasons.LeaseLost, Do(new CompleteAttempt(1, 0)).Refused);
    }
}
