using OrleansFlow.Errors;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class CheckpointStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly StoredJob _job = new();

    private CheckpointStore Checkpoints => _job.Checkpoints;

    public void Dispose() => _job.Dispose();

    [Fact]
    public async Task FirstGeneration_BeginsFromNothingWithEpochOne() =>
        Assert.Equal(new TakenOver(PublishOutcome.Ready, null, 1), await Checkpoints.TakeOverAsync(1, None));

    [Fact]
    public async Task PublishedCheckpoint_CountsAndMayBePublishedAgain()
    {
        var one = await _job.PublishAsync(1, 1);
        var two = await _job.PublishAsync(1, 2, one);
        Assert.Equal(PublishOutcome.Ready, await Checkpoints.PublishAsync(two, None));

        Assert.Equal([CheckpointStore.NameOf(one), CheckpointStore.NameOf(two)], await Checkpoints.ListAsync(None));
        Assert.Equal(CheckpointStanding.Ready, await Checkpoints.StandingOfAsync(CheckpointStore.NameOf(two), None));
        Assert.Equal(new TakenOver(PublishOutcome.Ready, two, 3), await Checkpoints.TakeOverAsync(1, None));
    }

    [Fact]
    public async Task CheckpointOfASinkThatCommits_IsCommittingUntilItIsMarked()
    {
        var one = StoredJob.Manifest(1, 1, needsCommit: true);
        Assert.Equal(PublishOutcome.CommitRequired, await Checkpoints.PublishAsync(one, None));
        Assert.Equal(CheckpointStanding.Committing, await Checkpoints.StandingOfAsync(CheckpointStore.NameOf(one), None));
        Assert.Equal(new TakenOver(PublishOutcome.CommitRequired, one, 2), await Checkpoints.TakeOverAsync(1, None));
        Assert.Equal(PublishOutcome.Failed, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 2, one), None));
        Assert.Equal(PublishOutcome.Ready, await Checkpoints.MarkCommittedAsync(one, None));
        Assert.Equal(PublishOutcome.Ready, await Checkpoints.MarkCommittedAsync(one, None));
        Assert.Equal(CheckpointStanding.Ready, await Checkpoints.StandingOfAsync(CheckpointStore.NameOf(one), None));
        Assert.Equal(PublishOutcome.Ready, await Checkpoints.PublishAsync(one, None));
        await _job.PublishAsync(1, 3, one);
    }

    [Fact]
    public async Task NewGeneration_ReplaysTheCommitThatACrashLeft()
    {
        var one = StoredJob.Manifest(1, 1, needsCommit: true);
        await Checkpoints.PublishAsync(one, None);
        var taken = await Checkpoints.TakeOverAsync(2, None);

        Assert.Equal(new TakenOver(PublishOutcome.CommitRequired, one, 3), taken);
        await Checkpoints.MarkCommittedAsync(one, None);
        Assert.Equal(PublishOutcome.Ready, (await Checkpoints.TakeOverAsync(2, None)).Outcome);
    }

    [Fact]
    public async Task GenerationThatWasReplaced_CannotPublishAnyMore()
    {
        var one = await _job.PublishAsync(1, 1);
        var taken = await Checkpoints.TakeOverAsync(2, None);
        Assert.Equal((one, 3L), (taken.Latest, taken.StartEpoch));

        Assert.Equal(PublishOutcome.StaleGeneration, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 2, one), None));
        Assert.Equal(PublishOutcome.StaleGeneration, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 50, one), None));
        Assert.Equal(PublishOutcome.StaleGeneration, (await Checkpoints.TakeOverAsync(1, None)).Outcome);
        var three = await _job.PublishAsync(2, 3, one);
        Assert.Equal(PublishOutcome.StaleGeneration, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 3, one), None));
        Assert.Equal([CheckpointStore.NameOf(one), CheckpointStore.NameOf(three)], await Checkpoints.ListAsync(None));
        Assert.Equal(CheckpointStanding.Orphaned, await Checkpoints.StandingOfAsync(CheckpointLayout.Manifest(1, 3), None));
    }

    [Fact]
    public async Task CommitOfACheckpointThatDoesNotCount_IsRefused()
    {
        var one = await _job.PublishAsync(1, 1);
        await Checkpoints.TakeOverAsync(2, None);
        await _job.PublishAsync(2, 3, one);

        Assert.Equal(PublishOutcome.StopOrphaned, await Checkpoints.MarkCommittedAsync(StoredJob.Manifest(1, 3, one, true), None));
        Assert.Equal(PublishOutcome.StaleGeneration, await Checkpoints.MarkCommittedAsync(StoredJob.Manifest(1, 9, one, true), None));
    }

    [Fact]
    public async Task CheckpointOfAnOrphan_StopsItsGeneration()
    {
        var one = await _job.PublishAsync(1, 1);
        await Checkpoints.TakeOverAsync(2, None);
        var orphan = StoredJob.Manifest(1, 3, one);
        await _job.PublishAsync(2, 3, one);
        await Checkpoints.PublishAsync(orphan, None);

        Assert.Equal(PublishOutcome.StopOrphaned, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 4, orphan), None));
    }

    [Fact]
    public async Task ParentThatNeverWas_IsAFailure()
    {
        Assert.Equal(PublishOutcome.Failed, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 5, StoredJob.Manifest(1, 4)), None));
        Assert.Equal(CheckpointStanding.Unclaimed, await Checkpoints.StandingOfAsync(CheckpointLayout.Manifest(1, 5), None));
        Assert.Equal(CheckpointStanding.Invisible, await Checkpoints.StandingOfAsync(CheckpointLayout.Manifest(1, 4), None));
    }

    [Fact]
    public async Task EpochThatWasUsedForSomethingElse_IsAFailure()
    {
        var one = await _job.PublishAsync(1, 1);
        var other = one.Clone();
        other.MinEpoch = 1;

        Assert.Equal(PublishOutcome.Failed, await Checkpoints.PublishAsync(other, None));
        Assert.Equal(PublishOutcome.StopOrphaned, await Checkpoints.PublishAsync(StoredJob.Manifest(2, 1), None));
    }

    [Fact]
    public async Task EpochsThatFailed_AreUsedUpAndNoCheckpointOfTheirsCountsLater()
    {
        var one = await _job.PublishAsync(1, 1);
        await _job.PublishAsync(1, 4, one);

        Assert.Equal(["epochs/epoch-0000001.record", "epochs/epoch-0000002.record", "epochs/epoch-0000003.record", "epochs/epoch-0000004.record"], await _job.NamesAsync("epochs"));
        Assert.Equal(PublishOutcome.Failed, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 3, one), None));
    }

    [Fact]
    public async Task CrashAtEveryOperationOfPublishing_LeavesWhatTheSameOrTheNextGenerationGoesOnFrom()
    {
        for (var operation = 1; operation < 40; operation++)
        {
            foreach (var next in new[] { 1, 2 })
            {
                using var job = new StoredJob();
                var one = await job.PublishAsync(1, 1);
                var two = StoredJob.Manifest(1, 3, one, needsCommit: true);
                job.Store.FailsFrom(operation);
                var isDone = await TryAsync(async () => Assert.Equal(PublishOutcome.CommitRequired, await job.Checkpoints.PublishAsync(two, None)));
                job.Store.Heal();

                var taken = await job.Checkpoints.TakeOverAsync(next, None);
                var counts = taken.Latest!.Epoch == 3;
                Assert.True(counts || !isDone);
                Assert.Equal(counts ? PublishOutcome.CommitRequired : PublishOutcome.Ready, taken.Outcome);
                if (counts)
                {
                    await job.Checkpoints.MarkCommittedAsync(taken.Latest, None);
                }

                await job.PublishAsync(next, taken.StartEpoch + 1, taken.Latest);
                if (isDone)
                {
                    continue;
                }

                Assert.True(operation < 30, "the loop never gets through");
            }
        }
    }

    [Fact]
    public async Task CrashBetweenManifestAndRecord_IsFinishedByTheSameGenerationAndDroppedByTheNext()
    {
        foreach (var (next, epoch) in new[] { (1, 2L), (2, 1L) })
        {
            using var job = new StoredJob();
            var one = await job.PublishAsync(1, 1);
            job.Store.Before = name => name.EndsWith("0000002.record", StringComparison.Ordinal) ? throw new FlowException(FlowErrorCode.StoreUnavailable, "cut") : Task.CompletedTask;
            await Assert.ThrowsAsync<FlowException>(async () => await job.PublishAsync(1, 2, one));
            job.Store.Before = _ => Task.CompletedTask;
            Assert.Equal(CheckpointStanding.Unclaimed, await job.Checkpoints.StandingOfAsync(CheckpointLayout.Manifest(1, 2), None));

            Assert.Equal(epoch, (await job.Checkpoints.TakeOverAsync(next, None)).Latest!.Epoch);
        }
    }

    [Fact]
    public async Task GenerationThatComesBackWhenItsRecordsAreClearedAway_IsStale()
    {
        var one = await _job.PublishAsync(1, 1);
        var isLate = true;
        _job.Store.Before = async name =>
        {
            if (isLate && name.EndsWith("epoch-0000002.record", StringComparison.Ordinal))
            {
                // All this happens between the look at the parent and the claim.
                isLate = false;
                await Checkpoints.TakeOverAsync(2, None);
                var parent = one;
                for (var epoch = 3; epoch < 9; epoch++)
                {
                    parent = await _job.PublishAsync(2, epoch, parent);
                }

                await _job.Cleaner.CleanAsync(2, 2, [], None);
            }
        };

        Assert.Equal(PublishOutcome.StaleGeneration, await Checkpoints.PublishAsync(StoredJob.Manifest(1, 2, one, needsCommit: true), None));
        Assert.Equal(8, (await Checkpoints.TakeOverAsync(3, None)).Latest!.Epoch);
    }

    [Fact]
    public async Task GenerationsOfOneMoment_LetTheNewestWin()
    {
        var one = await _job.PublishAsync(1, 1);
        var isFirst = true;
        _job.Store.Before = async name =>
        {
            if (isFirst && name.Contains("epochs/", StringComparison.Ordinal))
            {
                isFirst = false;
                Assert.Equal((one, 3L), ((await Checkpoints.TakeOverAsync(3, None)).Latest, (await Checkpoints.TakeOverAsync(3, None)).StartEpoch));
            }
        };

        Assert.Equal(PublishOutcome.StaleGeneration, (await Checkpoints.TakeOverAsync(2, None)).Outcome);
    }

    [Theory]
    [InlineData("epochs/epoch-0000001.record")]
    [InlineData("generations/0000001/checkpoints/checkpoint-0000001/manifest.pb")]
    public async Task DamagedRecordOrManifest_IsAnErrorThatNamesIt(string name)
    {
        await _job.PublishAsync(1, 1);
        await _job.Store.PutAsync($"{StoredJob.Name}/{name}", new byte[] { 0xFF, 1 }, None);
        var error = await Assert.ThrowsAsync<FlowException>(async () => await Checkpoints.TakeOverAsync(2, None));

        Assert.Equal(FlowErrorCode.StateCorrupt, error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EpochNotAboveItsParent_IsRefused() =>
        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(async () => await Checkpoints.PublishAsync(StoredJob.Manifest(1, 4, StoredJob.Manifest(1, 4)), None))).Code);

    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (FlowException)
        {
            return false;
        }
    }
}
