using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Tests.Streaming.State.Fencing;

public sealed class FencingDecisionsTests
{
    private static readonly EpochRecord Own = new(2, 5, "own");

    [Theory]
    [InlineData(false, null, false, false, CheckpointStanding.Invisible)]
    [InlineData(false, "own", false, false, CheckpointStanding.Invisible)]
    [InlineData(true, null, true, false, CheckpointStanding.Unclaimed)]
    [InlineData(true, "other", true, true, CheckpointStanding.Orphaned)]
    [InlineData(true, "", false, false, CheckpointStanding.Orphaned)]
    [InlineData(true, "own", true, false, CheckpointStanding.Committing)]
    [InlineData(true, "own", true, true, CheckpointStanding.Ready)]
    [InlineData(true, "own", false, false, CheckpointStanding.Ready)]
    public void Standing_FollowsFromTheObjectsAlone(bool hasManifest, string? record, bool needsCommit, bool isCommitted, CheckpointStanding expected) => Assert.Equal(
        expected, FencingDecisions.StandingOf(hasManifest, "own", record is null ? null : new EpochRecord(1, 5, record), needsCommit, isCommitted));

    [Fact]
    public void Steps_ComeInTheOrderThatACrashAllows()
    {
        var view = new PublishView(Own, NeedsCommit: true, NextClaim: 4);
        var steps = new List<PublishStep>();
        for (var done = false; !done;)
        {
            (var step, view) = FencingDecisions.Next(view);
            steps.Add(step);
            done = step == PublishStep.Done;
            view = step switch
            {
                PublishStep.StoreManifest => view with { IsStored = true },
                PublishStep.ReadParent => view with { Parent = CheckpointStanding.Ready },
                PublishStep.NoteGeneration => view with { IsNoted = true },
                PublishStep.Claim => view with { NextClaim = view.NextClaim + 1 },
                PublishStep.CheckNewest => view with { IsNewest = true },
                PublishStep.ReadCommitted => view with { IsCommitted = false },
                _ => view,
            };
        }

        Assert.Equal(
            [PublishStep.StoreManifest, PublishStep.ReadParent, PublishStep.NoteGeneration, PublishStep.Claim, PublishStep.Claim, PublishStep.CheckNewest, PublishStep.ReadCommitted, PublishStep.Done], steps);
        Assert.Equal(PublishOutcome.CommitRequired, view.Outcome);
    }

    [Fact]
    public void Claim_OfAnEpochBeforeTheOwn_IsWithoutCheckpoint()
    {
        Assert.Equal(new EpochRecord(2, 4, ""), new PublishView(Own, false, 4).Claim);
        Assert.Equal(Own, new PublishView(Own, false, 5).Claim);
    }

    [Theory]
    [InlineData(CheckpointStanding.Ready, true, PublishOutcome.Ready)]
    [InlineData(CheckpointStanding.Orphaned, false, PublishOutcome.StopOrphaned)]
    [InlineData(CheckpointStanding.Committing, false, PublishOutcome.Failed)]
    [InlineData(CheckpointStanding.Unclaimed, false, PublishOutcome.Failed)]
    [InlineData(CheckpointStanding.Invisible, false, PublishOutcome.Failed)]
    public void Parent_DecidesWhetherItGoesOn(CheckpointStanding parent, bool goesOn, PublishOutcome outcome)
    {
        var (step, view) = FencingDecisions.Next(new PublishView(Own, false, 4) { IsStored = true, Parent = parent });
        Assert.Equal((goesOn ? PublishStep.NoteGeneration : PublishStep.Done, outcome), (step, view.Outcome));
    }

    // Claimed for: 4 is an epoch before the own one, 5 is the own one.
    [Theory]
    [InlineData(4, 2, "", null)]
    [InlineData(4, 1, "", null)]
    [InlineData(4, 3, "", PublishOutcome.StaleGeneration)]
    [InlineData(4, 3, "x", PublishOutcome.StaleGeneration)]
    [InlineData(4, 1, "x", PublishOutcome.StopOrphaned)]
    [InlineData(4, 2, "x", PublishOutcome.StopOrphaned)]
    [InlineData(5, 2, "own", null)]
    [InlineData(5, 2, "x", PublishOutcome.Failed)]
    [InlineData(5, 2, "", PublishOutcome.Failed)]
    [InlineData(5, 1, "x", PublishOutcome.StopOrphaned)]
    [InlineData(5, 3, "", PublishOutcome.StaleGeneration)]
    public void RecordThatIsThereAlready_DecidesByItsGenerationAndWhatItNames(long epoch, long generation, string manifest, PublishOutcome? expected)
    {
        var (step, view) = FencingDecisions.Next(new PublishView(Own, false, epoch)
        {
            IsStored = true, Parent = CheckpointStanding.Ready, IsNoted = true, Found = new EpochRecord(generation, epoch, manifest),
        });

        Assert.Equal(expected is null ? epoch + 1 : epoch, view.NextClaim);
        Assert.Equal(expected, step == PublishStep.Done ? view.Outcome : null);
    }

    [Fact]
    public void RecordBehindWhichOthersLie_IsStale()
    {
        var (step, view) = FencingDecisions.Next(new PublishView(Own, false, 6) { IsStored = true, Parent = CheckpointStanding.Ready, IsNoted = true, IsNewest = false });
        Assert.Equal((PublishStep.Done, PublishOutcome.StaleGeneration), (step, view.Outcome));
    }

    [Fact]
    public void TakeOver_FencesUnlessTheNewestRecordIsItsOwn()
    {
        Assert.Equal((false, null), FencingDecisions.TakeOver(1, null));
        Assert.Equal((false, 1L), FencingDecisions.TakeOver(2, null));
        Assert.Equal((false, 8L), FencingDecisions.TakeOver(3, new EpochRecord(2, 7, "x")));
        Assert.Equal((false, null), FencingDecisions.TakeOver(2, new EpochRecord(2, 7, "")));
        Assert.Equal((true, null), FencingDecisions.TakeOver(1, new EpochRecord(2, 7, "")));
    }
}
