using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

/// <summary>What becomes of leases when a silo reads them again, from its own store or from an older copy of it.</summary>
public sealed class LeaseRestoreTests : LeaseDeciderTestBase
{
    [Fact]
    public void Restore_OfTheStore_EndsLeasesOfBeforeAndNoneOfTheirEffectsIsAccepted()
    {
        Grant();
        var restored = Policy with { EpochFloor = LeaseEpochs.FloorOf(2) };

        foreach (var late in (LeaseCommand[])[new RenewLease(1, Worker, "s", null), Batch(1, 0, "late"), new CompleteAttempt(1, 0, null), new FailAttempt(1, new LeaseFailure("late", true, "late"))])
        {
            Assert.Equal(LeaseReasons.LeaseLost, Do(late, restored).Refused);
        }

        Assert.Equal(FlowTaskStatus.Ready, Lease.Status);
        Assert.True(Do(new GrantLease(Worker, "s2"), restored).IsAccepted);
        Assert.Equal((1L << 40) + 1, Lease.Epoch);
        Assert.True(Do(new RestoreLease(), restored).IsAccepted);
        Assert.Equal((FlowTaskStatus.Leased, (1L << 40) + 1), (Lease.Status, Lease.Epoch));
    }

    [Fact]
    public void Restore_OfTheStore_IsNoticedWhenTheStateIsRead()
    {
        Grant();

        var change = Assert.IsType<LeaseRevoked>(Assert.Single(Do(new RestoreLease(), Policy with { EpochFloor = LeaseEpochs.FloorOf(2) }).Events));

        Assert.Equal((LeaseReasons.StoreRestored, 1L, FlowTaskStatus.Ready), (change.Reason, change.Epoch, Lease.Status));
    }

    [Fact]
    public void Floor_OfTheFirstGeneration_IsZeroAndEachNextIsAboveEveryEpochOfTheOneBefore()
    {
        Assert.Equal((0L, 1L << 40, 1L << 41), (LeaseEpochs.FloorOf(1), LeaseEpochs.FloorOf(2), LeaseEpochs.FloorOf(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => LeaseEpochs.FloorOf(0));
        Assert.True(LeaseEpochs.FloorOf(1L << 22) > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => LeaseEpochs.FloorOf((1L << 22) + 1));
    }

    [Fact]
    public void Restore_StandingLease_StandsForItsFullDurationAgain()
    {
        Grant();
        Pass(500);
        Do(new RestoreLease());

        Assert.Equal((FlowTaskStatus.Leased, NowUtc + Policy.Duration), (Lease.Status, Lease.Holder!.ExpiresUtc));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Restore_BackOffLongerThanItWasToLast_EndsIt(int ticksTooLong, bool isReady)
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure("oops", false, "")));
        NowUtc -= TimeSpan.FromTicks(ticksTooLong);
        Do(new RestoreLease());

        Assert.Equal(isReady ? FlowTaskStatus.Ready : FlowTaskStatus.BackingOff, Lease.Status);
    }

    [Fact]
    public void Restore_LeaseOfASiloWhoseClockRanAhead_CountsTheAttemptFromNow()
    {
        Grant();
        NowUtc -= TimeSpan.FromHours(1);
        Do(new RestoreLease());

        Assert.Equal((NowUtc, NowUtc + Policy.Duration), (Lease.Holder!.GrantedUtc, Lease.Holder.ExpiresUtc));
    }
}
