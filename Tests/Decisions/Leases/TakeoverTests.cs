using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

/// <summary>How often a task may lose its worker, and what a lost stream means to it.</summary>
public sealed class TakeoverTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LeasePolicy Policy = new() { Duration = TimeSpan.FromSeconds(60), MaxRetries = 3 };
    private readonly WorkerId _worker = new("w");
    private TaskLease _task = LeaseDecider.Apply(TaskLease.Pending, new TaskReadied(T0));
    private DateTimeOffset _now = T0;

    [Theory]
    [InlineData(LeaseReasons.ConnectionLost)]
    [InlineData(LeaseReasons.WorkerRestarted)]
    [InlineData(LeaseReasons.LeaseExpired)]
    public void Takeovers_BeyondTheirMaximum_FailTheTask(string reason)
    {
        var policy = Policy with { MaxTakeovers = 2 };
        for (var takeover = 1; takeover <= 2; takeover++)
        {
            Do(new GrantLease(_worker, "s"), policy);
            Lose(reason, policy);
            Assert.Equal((FlowTaskStatus.Ready, takeover), (_task.Status, _task.Takeovers));
        }

        Do(new GrantLease(_worker, "s"), policy);
        Lose(reason, policy);

        Assert.Equal((FlowTaskStatus.Failed, "too_many_takeovers", true), (_task.Status, _task.Failure!.Reason, _task.Failure.Permanent));
        Assert.Equal(
            $"Its worker was lost 3 times (the last was 'w': {reason}{(reason == LeaseReasons.LeaseExpired ? "; longest gap between its worker's signs of life 60 s, lease 60 s" : "")}); max_takeovers allows 2. See why the workers end, or raise it.", _task.Failure.Message);
        Assert.Equal(LeaseReasons.LeaseLost, Do(new CompleteAttempt(3, 0), policy).Refused);
    }

    [Fact]
    public void Takeovers_WithoutAMaximum_GoOn()
    {
        for (var takeover = 0; takeover < 50; takeover++)
        {
            Do(new GrantLease(_worker, "s"), Policy);
            Lose(LeaseReasons.ConnectionLost, Policy);
        }

        Assert.Equal((FlowTaskStatus.Ready, 50, 0), (_task.Status, _task.Takeovers, _task.RetriesSpent));
    }

    [Theory]
    [InlineData("drain")]
    [InlineData(LeaseReasons.SlotNeeded)]
    public void Revocation_ThatIsNoLossOfTheWorker_IsNotCounted(string reason)
    {
        var policy = Policy with { MaxTakeovers = 0 };
        Do(new GrantLease(_worker, "s"), policy);

        Do(new RevokeLease(1, reason), policy);

        Assert.Equal((FlowTaskStatus.Ready, 0), (_task.Status, _task.Takeovers));
    }

    [Fact]
    public void Grace_OfTheLease_OutlivesALostStreamAndEndsWithExpiry()
    {
        var policy = Policy with { KeepsLostLease = true };
        Do(new GrantLease(_worker, "s"), policy);

        Assert.Empty(Do(new RevokeLease(1, LeaseReasons.ConnectionLost), policy).Events);
        Assert.True(Do(new RenewLease(1, _worker, "s2", null), policy).IsAccepted);
        Do(new RevokeLease(1, LeaseReasons.WorkerRestarted), policy);
        Assert.Equal(FlowTaskStatus.Ready, _task.Status);

        Do(new GrantLease(_worker, "s3"), policy);
        Lose(LeaseReasons.LeaseExpired, policy);
        Assert.Equal((FlowTaskStatus.Ready, 2), (_task.Status, _task.Takeovers));
    }

    private void Lose(string reason, LeasePolicy policy)
    {
        if (reason == LeaseReasons.LeaseExpired)
        {
            _now += policy.Duration;
            Do(new PassTime(), policy);
        }
        else
        {
            Do(new RevokeLease(_task.Epoch, reason), policy);
        }
    }

    private LeaseDecision Do(LeaseCommand command, LeasePolicy policy)
    {
        var decision = LeaseDecider.Decide(_task, command, policy, _now);
        _task = LeaseDecider.Apply(_task, decision.Events);
        return decision;
    }
}
