using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

/// <summary>One task's lease, decided step by step on a clock that the test moves.</summary>
public abstract class LeaseDeciderTestBase
{
    protected static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected static readonly LeasePolicy Policy = new()
    {
        Duration = TimeSpan.FromSeconds(60),
        MaxRetries = 3,
        Backoff = TimeSpan.FromSeconds(10),
        MaxBackoff = TimeSpan.FromSeconds(25),
        PermanentOn = ["bad_input"],
    };

    protected WorkerId Worker { get; } = new("w");

    private protected TaskLease Lease { get; set; } = TaskLease.Pending;

    protected DateTimeOffset NowUtc { get; set; } = T0;

    private protected static AcceptBatch Batch(long epoch, int index, string path) => new(epoch, index, new AcceptedBatch(epoch, 1, 1, path));

    protected void Grant()
    {
        Do(new MakeReady());
        Assert.True(Do(new GrantLease(Worker, "s")).IsAccepted);
    }

    protected void Pass(double seconds) => NowUtc += TimeSpan.FromSeconds(seconds);

    private protected LeaseDecision Do(LeaseCommand command, LeasePolicy? policy = null)
    {
        var decision = LeaseDecider.Decide(Lease, command, policy ?? Policy, NowUtc);
        Lease = LeaseDecider.Apply(Lease, decision.Events);
        return decision;
    }
}
