using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

public sealed class CheckpointTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LeasePolicy Policy = new() { Duration = TimeSpan.FromSeconds(60), MaxRetries = 3 };
    private TaskLease _task = TaskLease.Pending;

    [Fact]
    public void Save_UnderTheCurrentLease_ReplacesTheOneBefore()
    {
        Grant();

        Assert.True(Do(new SaveCheckpoint(1, new LeaseCheckpoint(1, "a", 0))).IsAccepted);
        Assert.True(Do(new SaveCheckpoint(1, new LeaseCheckpoint(2, "b", 0))).IsAccepted);

        Assert.Equal(new LeaseCheckpoint(2, "b", 0, 1, T0), _task.Checkpoint);
    }

    [Fact]
    public void Save_UnderAnOlderEpoch_IsRefusedAndChangesNothing()
    {
        Grant();
        Do(new SaveCheckpoint(1, new LeaseCheckpoint(1, "a", 0)));
        Do(new RevokeLease(1, LeaseReasons.ConnectionLost));
        Grant();

        Assert.Equal(LeaseReasons.LeaseLost, Do(new SaveCheckpoint(1, new LeaseCheckpoint(1, "late", 0))).Refused);

        Assert.Equal("a", _task.Checkpoint!.Json);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(-1, false)]
    public void Save_ThatCountsOnMoreBatchesThanStand_IsRefused(int outputs, bool accepted)
    {
        Grant();
        Do(Batch(0));

        Assert.Equal(accepted, Do(new SaveCheckpoint(1, new LeaseCheckpoint(1, "x", outputs))).IsAccepted);
    }

    [Fact]
    public void Batch_WithACheckpoint_TakesItAlongAsMadeAfterIt()
    {
        Grant();

        var decision = Do(Batch(0) with { Checkpoint = new LeaseCheckpoint(1, "after 0", 99) });

        Assert.Equal([typeof(BatchAccepted), typeof(CheckpointSaved)], decision.Events.Select(change => change.GetType()));
        Assert.Equal(new LeaseCheckpoint(1, "after 0", 1, 1, T0), _task.Checkpoint);
    }

    [Fact]
    public void Batch_ThatStands_LeavesTheCheckpointAlone()
    {
        Grant();
        Do(Batch(0) with { Checkpoint = new LeaseCheckpoint(1, "first", 0) });

        Assert.Empty(Do(Batch(0) with { Checkpoint = new LeaseCheckpoint(1, "again", 0) }).Events);
        Assert.Equal("first", _task.Checkpoint!.Json);
    }

    [Fact]
    public void Checkpoint_OutlivesFailuresAndRevocations_AndEndsWithTheCompletion()
    {
        Grant();
        Do(new SaveCheckpoint(1, new LeaseCheckpoint(1, "a", 0)));
        Do(new FailAttempt(1, new LeaseFailure("oops", false, "")));
        Assert.NotNull(_task.Checkpoint);
        Grant();
        Do(new RevokeLease(2, LeaseReasons.LeaseExpired));
        Grant();
        Assert.Equal(1, _task.Checkpoint!.Epoch);

        Do(new CompleteAttempt(3, 0));

        Assert.Equal((FlowTaskStatus.Completed, null), (_task.Status, _task.Checkpoint));
    }

    private static AcceptBatch Batch(int index) => new(1, index, new AcceptedBatch(1, 1, 1, $"{index}"));

    private void Grant()
    {
        Do(new MakeReady());
        Assert.True(Do(new GrantLease(new WorkerId("w"), "s")).IsAccepted);
    }

    private LeaseDecision Do(LeaseCommand command)
    {
        var decision = LeaseDecider.Decide(_task, command, Policy, T0);
        _task = LeaseDecider.Apply(_task, decision.Events);
        return decision;
    }
}
