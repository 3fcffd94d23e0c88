using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using static OrleansFlow.Tests.Decisions.Jobs.CheckpointScene;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: old checkpoints go, never one that the job could need; small files are put together where that is wanted.</summary>
public sealed class CheckpointUpkeepTests
{
    [Fact]
    public void Retention_KeepsTen_AndMovesEveryFourEpochs()
    {
        var scene = new CheckpointScene().Started();
        for (var epoch = 1; epoch <= 20; epoch++)
        {
            scene.Complete(epoch);
        }

        Assert.Equal([2L, 6L, 10L], scene.Orders.OfType<JobOrder.CleanUp>().Select(order => order.MinEpoch));
        Assert.Equal((10L, 11), (scene.Book.MinEpoch, scene.Book.Kept.Length));
        Assert.Equal(10L, scene.Orders.OfType<JobOrder.Checkpoint>().Last().MinEpoch);
    }

    [Fact]
    public void EpochsThatWereGivenUp_DoNotPushOutTheCheckpointsThatCount()
    {
        var scene = new CheckpointScene().Started();
        scene.Complete(1);
        for (var epoch = 2; epoch <= 15; epoch++)
        {
            scene.StoreAll(epoch);
            scene.Do(new CheckpointCommand.Publish(epoch, PublishOutcome.Refused, "", "no"));
            scene.After(Interval);
        }

        scene.Complete(16);

        Assert.Empty(scene.Orders.OfType<JobOrder.CleanUp>());
        Assert.Equal([1L, 16L], scene.Book.Kept);
    }

    [Fact]
    public void LongOpenFile_OfAnEpochThatIsNotKept_IsStillNamedByEveryManifest()
    {
        // Upstream #802: a sink could not restart because the file that it had open belonged to a deleted epoch.
        var scene = new CheckpointScene().Started();
        for (var epoch = 1; epoch <= 20; epoch++)
        {
            scene.Store(SourceA, epoch);
            scene.Store(SourceB, epoch);
            scene.Store(Sink, epoch, state: new SubtaskState { Tables = { new TableState { Name = "r", Kind = TableKind.Global, Version = 1, Files = { new TableFile { Path = "open-since-epoch-1", Epoch = 1 } } } } });
            scene.Keep(epoch);
            scene.After(Interval);
        }

        Assert.Equal(10L, scene.Book.MinEpoch);
        Assert.All(
            scene.Orders.OfType<JobOrder.PublishManifest>(),
            order => Assert.Equal("open-since-epoch-1", Assert.Single(Assert.Single(order.Manifest.Operators.Single(one => one.OperatorId == "sink").Tables).Files).Path));
        Assert.All(scene.Orders.OfType<JobOrder.CleanUp>(), order => Assert.Equal(order.MinEpoch, order.Kept[0]));
    }

    [Fact]
    public void Compaction_IsOffUnlessItIsWanted()
    {
        var scene = new CheckpointScene().Started();
        StoreFiles(scene, 1, 9);

        Assert.Empty(scene.Orders.OfType<JobOrder.Compact>());
    }

    [Fact]
    public void Table_WithFilesOfFourCheckpoints_IsCompactedOnce_AndItsSubtasksAreTold()
    {
        var scene = new CheckpointScene(JobRules.Default with { IsCompacting = true }).Started();
        StoreFiles(scene, 1, 3);
        Assert.Empty(scene.Orders.OfType<JobOrder.Compact>());
        StoreFiles(scene, 2, 4);
        StoreFiles(scene, 3, 5);

        Assert.Equal(new JobOrder.Compact(3, "source", "t", 2), Assert.Single(scene.Orders.OfType<JobOrder.Compact>()));
        var told = scene.Do(new CheckpointCommand.Compact("source", [new TableState { Name = "t" }])).Orders.Cast<JobOrder.LoadCompacted>().ToList();
        Assert.Equal([("w1", "source"), ("w2", "source")], told.Select(order => (order.Worker, order.OperatorId)));
        StoreFiles(scene, 4, 4);
        Assert.Equal(2, scene.Orders.OfType<JobOrder.Compact>().Count());
    }

    [Fact]
    public void Compaction_ThatIsNotHeardOf_IsAskedForAgain()
    {
        var scene = new CheckpointScene(JobRules.Default with { IsCompacting = true }).Started();
        StoreFiles(scene, 1, 4);
        scene.NowUtc += scene.Rules.CompactionTimeout;
        StoreFiles(scene, 2, 5);

        Assert.Equal(2, scene.Orders.OfType<JobOrder.Compact>().Count());
    }

    [Fact]
    public void Compaction_ThatNobodyAskedFor_IsIgnored()
    {
        var scene = new CheckpointScene(JobRules.Default with { IsCompacting = true }).Started();

        Assert.Empty(scene.Do(new CheckpointCommand.Compact("source", [new TableState { Name = "t" }])).Orders);
        Assert.Equal(1, scene.Book.IgnoredCount);
    }

    private static void StoreFiles(CheckpointScene scene, long epoch, int files)
    {
        var table = new TableState { Name = "t", Kind = TableKind.Timed, Version = 1, Files = { Enumerable.Range(1, files).Select(number => new TableFile { Path = $"f{number}", Epoch = number }) } };
        scene.Store(SourceA, epoch, state: new SubtaskState { Tables = { table } });
        scene.Store(SourceB, epoch);
        scene.Store(Sink, epoch);
        scene.Keep(epoch);
        scene.After(Interval);
    }
}
