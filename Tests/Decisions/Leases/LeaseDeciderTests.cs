using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

public sealed class LeaseDeciderTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly LeasePolicy Policy = new()
    {
        Duration = TimeSpan.FromSeconds(60),
        MaxRetries = 3,
        Backoff = TimeSpan.FromSeconds(10),
        MaxBackoff = TimeSpan.FromSeconds(25),
        PermanentOn = ["bad_input"],
    };

    private readonly WorkerId _worker = new("w");
    private TaskLease _task = TaskLease.Pending;
    private DateTimeOffset _now = T0;

    [Fact]
    public void Grant_PendingTask_IsRefused() => Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(_worker, "s")).Refused);

    [Fact]
    public void Grant_ReadyTask_TakesTheNextEpochAndAttempt()
    {
        Grant();

        Assert.Equal((FlowTaskStatus.Leased, 1, 1L, T0 + Policy.Duration), (_task.Status, _task.Attempt, _task.Epoch, _task.Holder!.ExpiresUtc));
        Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(_worker, "s2")).Refused);
    }

    [Fact]
    public void TimeOut_NamesTheLongestGap_TheLease_AndTheWayOut()
    {
        var policy = Policy with { AttemptTimeout = TimeSpan.FromSeconds(50) };
        Grant();
        _now += TimeSpan.FromSeconds(35);
        Do(new RenewLease(1, _worker, "s", null), policy);
        _now += TimeSpan.FromSeconds(15);

        var change = Assert.IsType<TaskBackedOff>(Assert.Single(Do(new PassTime(), policy).Events));

        Assert.Equal(
            "The attempt took longer than 50 s (longest gap between its worker's signs of life 35 s, lease 60 s); raise timeout_sec or make the task smaller.",
            change.Failure.Message);
    }

    [Fact]
    public void Expiry_NamesTheSilence_TheLease_AndTheWayOut()
    {
        Grant();
        _now += TimeSpan.FromSeconds(61);

        var change = Assert.IsType<LeaseRevoked>(Assert.Single(Do(new PassTime(), Policy).Events));

        Assert.StartsWith("Worker 'w' was not heard of in time (longest gap between its worker's signs of life 61 s, lease 60 s).", change.Detail, StringComparison.Ordinal);
        Assert.Contains("raise OrleansFlow:Leases:Duration", change.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_LongerThanItsDeadline_FailsItsAttempt()
    {
        var policy = Policy with { BatchTimeout = TimeSpan.FromSeconds(5) };
        Grant();
        Assert.Equal(T0.AddSeconds(5), _task.DueUtc(policy));
        _now = T0.AddSeconds(4.9);
        Assert.True(Do(Batch(1, 0, "p"), policy).IsAccepted);
        Assert.Equal(T0.AddSeconds(9.9), _task.DueUtc(policy));
        _now = T0.AddSeconds(9.8);
        Assert.Empty(Do(new PassTime(), policy).Events);
        _now = T0.AddSeconds(9.9);

        var change = Assert.IsType<TaskBackedOff>(Do(new PassTime(), policy).Events[0]);

        Assert.Equal(("batch_deadline_exceeded", false, 1), (change.Failure.Reason, change.Reported, _task.RetriesSpent));
        Assert.Equal(LeaseReasons.LeaseLost, Do(Batch(1, 1, "late"), policy).Refused);
    }

    [Fact]
    public void BatchDeadline_OfALeaseThatWasReadFromStorage_CountsFromThere()
    {
        var policy = Policy with { BatchTimeout = TimeSpan.FromSeconds(5) };
        Grant();
        _now = T0.AddSeconds(30);
        Do(new RestoreLease(), policy);

        Assert.Empty(Do(new PassTime(), policy).Events);
        Assert.Equal(T0.AddSeconds(35), _task.DueUtc(policy));
    }

    [Fact]
    public void Restore_OfTheStore_EndsLeasesOfBeforeAndNoneOfTheirEffectsIsAccepted()
    {
        Grant();
        var restored = Policy with { EpochFloor = LeaseEpochs.FloorOf(2) };

        foreach (var late in (LeaseCommand[])[new RenewLease(1, _worker, "s", null), Batch(1, 0, "late"), new CompleteAttempt(1, 0, null), new FailAttempt(1, new LeaseFailure("late", true, "late"))])
        {
            Assert.Equal(LeaseReasons.LeaseLost, Do(late, restored).Refused);
        }

        Assert.Equal(FlowTaskStatus.Ready, _task.Status);
        Assert.True(Do(new GrantLease(_worker, "s2"), restored).IsAccepted);
        Assert.Equal((1L << 40) + 1, _task.Epoch);
        Assert.True(Do(new RestoreLease(), restored).IsAccepted);
        Assert.Equal((FlowTaskStatus.Leased, (1L << 40) + 1), (_task.Status, _task.Epoch));
    }

    [Fact]
    public void Restore_OfTheStore_IsNoticedWhenTheStateIsRead()
    {
        Grant();

        var change = Assert.IsType<LeaseRevoked>(Assert.Single(Do(new RestoreLease(), Policy with { EpochFloor = LeaseEpochs.FloorOf(2) }).Events));

        Assert.Equal((LeaseReasons.StoreRestored, 1L, FlowTaskStatus.Ready), (change.Reason, change.Epoch, _task.Status));
    }

    [Fact]
    public void Floor_OfTheFirstGeneration_IsZeroAndEachNextIsAboveEveryEpochOfTheOneBefore()
    {
        Assert.Equal((0L, 1L << 40, 1L << 41), (LeaseEpochs.FloorOf(1), LeaseEpochs.FloorOf(2), LeaseEpochs.FloorOf(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => LeaseEpochs.FloorOf(0));
        Assert.True(LeaseEpochs.FloorOf(1L << 22) > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => LeaseEpochs.FloorOf((1L << 22) + 1));
    }

    [Theory]
    [InlineData(59.999, true)]
    [InlineData(60, false)]
    public void Renew_AtTheExpiry_IsTooLate(double afterSeconds, bool accepted)
    {
        Grant();
        Pass(afterSeconds);

        Assert.Equal(accepted, Do(new RenewLease(1, _worker, "s", 0.4)).IsAccepted);
        Assert.Equal(accepted ? FlowTaskStatus.Leased : FlowTaskStatus.Ready, _task.Status);
        Assert.Equal(accepted ? 0.4 : 0, _task.Progress);
    }

    [Fact]
    public void Renew_ByAnotherWorker_IsRefusedAndTheHolderKeepsTheLease()
    {
        Grant();

        Assert.Equal(LeaseReasons.LeaseLost, Do(new RenewLease(1, new WorkerId("other"), "s", null)).Refused);

        Assert.Equal((_worker, 1L), (_task.Holder!.Worker, _task.RefusedEffects));
        Assert.True(Do(new RenewLease(1, _worker, "s2", null)).IsAccepted);
    }

    [Fact]
    public void Grant_AfterTheExpiry_NeedsNoTick()
    {
        Grant();
        Pass(60);

        Assert.True(Do(new GrantLease(_worker, "s2")).IsAccepted);
        Assert.Equal((2L, 2, 0), (_task.Epoch, _task.Attempt, _task.RetriesSpent));
    }

    [Fact]
    public void Batch_OfANumberAcceptedBefore_StandsAsItWas()
    {
        Grant();
        Do(Batch(1, 0, "first"));

        var again = Do(Batch(1, 0, "second"));

        Assert.True(again.IsAccepted);
        Assert.Empty(again.Events);
        Assert.Equal("first", Assert.Single(_task.Batches).Path);
    }

    [Fact]
    public void Batch_BeyondTheNext_IsRefused()
    {
        Grant();

        Assert.Equal(LeaseReasons.BadInput, Do(Batch(1, 1, "p")).Refused);
        Assert.Empty(_task.Batches);
    }

    [Fact]
    public void Batch_OfAnEarlierEpoch_IsRefusedAndCounted()
    {
        Grant();
        Do(new RevokeLease(1, LeaseReasons.ConnectionLost));
        Grant();

        Assert.Equal(LeaseReasons.LeaseLost, Do(Batch(1, 0, "p")).Refused);
        Assert.Equal(1, _task.RefusedEffects);
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
        Assert.Equal((FlowTaskStatus.Completed, "{}"), (_task.Status, _task.ResultJson));
    }

    [Fact]
    public void Complete_WithAnotherCount_IsRefusedAndSpendsARetry()
    {
        Grant();

        Assert.Equal(LeaseReasons.BadInput, Do(new CompleteAttempt(1, 1)).Refused);
        Assert.Equal((FlowTaskStatus.BackingOff, 1, LeaseReasons.BatchCountMismatch), (_task.Status, _task.RetriesSpent, _task.Failure!.Reason));
    }

    [Fact]
    public void Fail_Transient_BacksOffTwiceAsLongEachTimeUntilRetriesAreSpent()
    {
        foreach (var (epoch, wait) in ((long, int)[])[(1, 10), (2, 20), (3, 25)])
        {
            Grant();
            Do(new FailAttempt(epoch, new LeaseFailure("oops", false, "no")));
            Assert.Equal((FlowTaskStatus.BackingOff, _now.AddSeconds(wait)), (_task.Status, _task.ReadyUtc));
            Pass(wait - 0.001);
            Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(_worker, "s")).Refused);
            Pass(0.001);
        }

        Grant();
        Do(new FailAttempt(4, new LeaseFailure("oops", false, "no")));

        Assert.Equal((FlowTaskStatus.Failed, "oops"), (_task.Status, _task.Failure!.Reason));
    }

    [Theory]
    [InlineData("oops", true)]
    [InlineData("bad_input", false)]
    public void Fail_Permanent_EndsTheTaskAtOnce(string reason, bool permanent)
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure(reason, permanent, "no")));

        Assert.Equal(FlowTaskStatus.Failed, _task.Status);
        Assert.True(_task.Failure!.Permanent);
    }

    [Fact]
    public void Fail_Repeated_IsAnsweredAsBefore()
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure("oops", false, "no")));

        Assert.True(Do(new FailAttempt(1, new LeaseFailure("oops", false, "no"))).IsAccepted);
        Assert.Equal((1, 0L), (_task.RetriesSpent, _task.RefusedEffects));
    }

    [Fact]
    public void Stop_OfTheCurrentLease_MakesTheTaskReadyAndSpendsNoRetry()
    {
        Grant();
        Do(new StopAttempt(1));

        Assert.Equal((FlowTaskStatus.Ready, 0), (_task.Status, _task.RetriesSpent));
    }

    [Fact]
    public void TimeOut_CountsFromTheGrantWhateverIsRenewed()
    {
        var policy = Policy with { AttemptTimeout = TimeSpan.FromSeconds(90) };
        Grant();
        Pass(50);
        Do(new RenewLease(1, _worker, "s", null));
        Pass(39.999);
        Assert.Empty(Do(new PassTime(), policy).Events);
        Pass(0.001);
        Do(new PassTime(), policy);

        Assert.Equal((FlowTaskStatus.BackingOff, LeaseReasons.DeadlineExceeded), (_task.Status, _task.Failure!.Reason));
        Assert.Equal(LeaseReasons.LeaseLost, Do(new CompleteAttempt(1, 0)).Refused);
    }

    [Fact]
    public void Cancel_IsFinal()
    {
        Grant();
        Do(new CancelTask("enough"));

        Assert.Equal(LeaseReasons.LeaseLost, Do(new CompleteAttempt(1, 0)).Refused);
        Assert.Equal(LeaseReasons.NotReady, Do(new GrantLease(_worker, "s")).Refused);
        Assert.Empty(Do(new CancelTask("again")).Events);
        Assert.Equal(FlowTaskStatus.Cancelled, _task.Status);
    }

    [Fact]
    public void Cancel_AfterCompletion_IsRefused()
    {
        Grant();
        Do(new CompleteAttempt(1, 0));

        Assert.Equal(LeaseReasons.AlreadyEnded, Do(new CancelTask("late")).Refused);
        Assert.Equal(FlowTaskStatus.Completed, _task.Status);
    }

    [Fact]
    public void Restore_StandingLease_StandsForItsFullDurationAgain()
    {
        Grant();
        Pass(500);
        Do(new RestoreLease());

        Assert.Equal((FlowTaskStatus.Leased, _now + Policy.Duration), (_task.Status, _task.Holder!.ExpiresUtc));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Restore_BackOffLongerThanItWasToLast_EndsIt(int ticksTooLong, bool isReady)
    {
        Grant();
        Do(new FailAttempt(1, new LeaseFailure("oops", false, "")));
        _now -= TimeSpan.FromTicks(ticksTooLong);
        Do(new RestoreLease());

        Assert.Equal(isReady ? FlowTaskStatus.Ready : FlowTaskStatus.BackingOff, _task.Status);
    }

    [Fact]
    public void Restore_LeaseOfASiloWhoseClockRanAhead_CountsTheAttemptFromNow()
    {
        Grant();
        _now -= TimeSpan.FromHours(1);
        Do(new RestoreLease());

        Assert.Equal((_now, _now + Policy.Duration), (_task.Holder!.GrantedUtc, _task.Holder.ExpiresUtc));
    }

    [Fact]
    public void Backoff_OfManyRetries_DoesNotOverflow() => Assert.Equal(Policy.MaxBackoff, Policy.BackoffBefore(100));

    private static AcceptBatch Batch(long epoch, int index, string path) => new(epoch, index, new AcceptedBatch(epoch, 1, 1, path));

    private void Grant()
    {
        Do(new MakeReady());
        Assert.True(Do(new GrantLease(_worker, "s")).IsAccepted);
    }

    private void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private LeaseDecision Do(LeaseCommand command, LeasePolicy? policy = null)
    {
        var decision = LeaseDecider.Decide(_task, command, policy ?? Policy, _now);
        _task = LeaseDecider.Apply(_task, decision.Events);
        return decision;
    }
}
