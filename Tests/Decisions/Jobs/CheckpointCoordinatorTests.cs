using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using static OrleansFlow.Tests.Decisions.Jobs.CheckpointScene;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a checkpoint counts once all its parts are stored, and one that does not get there is given up and tried again.</summary>
public sealed class CheckpointCoordinatorTests
{
    [Fact]
    public void FirstCheckpoint_ComesWithinOneInterval_AtATimeByChance()
    {
        var dues = new HashSet<DateTimeOffset>();
        for (var generation = 1; generation <= 20; generation++)
        {
            var scene = new CheckpointScene { Generation = generation };
            scene.Do(new CheckpointCommand.Begin());
            Assert.InRange(scene.Book.DueUtc!.Value, scene.NowUtc, scene.NowUtc + Interval);
            dues.Add(scene.Book.DueUtc.Value);
        }

        Assert.Equal(20, dues.Count);
    }

    [Fact]
    public void Checkpoint_ThatIsDue_SendsABarrierToEveryWorker_WithTheNextEpoch()
    {
        var scene = new CheckpointScene().Started();

        Assert.Equal(
            [("w1", 1L, false), ("w2", 1L, false)],
            scene.Last.Orders.Cast<JobOrder.Checkpoint>().Select(order => (order.Worker, order.Epoch, order.ThenStop)));
        Assert.Equal((1L, CheckpointPhase.Gathering), (scene.Book.Epoch, scene.Book.Current!.Phase));
    }

    [Fact]
    public void Checkpoint_ThatMayNotStart_WaitsForItsTime()
    {
        var scene = new CheckpointScene();
        scene.Do(new CheckpointCommand.Begin());

        Assert.Empty(scene.After(Interval, mayStart: false).Orders);
        Assert.Single(scene.After(TimeSpan.Zero).Orders, order => order is JobOrder.Checkpoint { Worker: "w1" });
    }

    [Fact]
    public void NextCheckpoint_StartsOnlyAfterThePreviousHasFinished()
    {
        var scene = new CheckpointScene().Started();

        Assert.Empty(scene.After(2 * Interval).Orders);
        scene.StoreAll(1);
        Assert.Empty(scene.After(TimeSpan.Zero).Orders);
        scene.Keep(1);
        scene.After(TimeSpan.Zero);
        Assert.Equal((2L, 2L), (scene.Book.Epoch, scene.Book.Current!.Epoch));
    }

    [Fact]
    public void Interval_IsCountedFromTheBeginningOfACheckpoint()
    {
        var scene = new CheckpointScene().Started();
        var began = scene.NowUtc;
        scene.NowUtc += TimeSpan.FromSeconds(4);
        scene.StoreAll(1);
        scene.Keep(1);

        Assert.Equal(began + Interval, scene.Book.DueUtc);
    }

    [Fact]
    public void Manifest_IsWritten_OnlyWhenAllSubtasksOfAllOperatorsAreDone()
    {
        var scene = new CheckpointScene().Started();

        Assert.Empty(scene.Store(SourceB, 1).Orders);
        Assert.Empty(scene.Store(Sink, 1).Orders);
        Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Store(SourceA, 1).Orders));
        Assert.Null(scene.Book.Latest);
    }

    [Fact]
    public void Manifest_NamesEveryFileOnce_WithWatermarksAndParent()
    {
        var scene = new CheckpointScene().Started();
        scene.Complete(1);
        scene.Store(SourceA, 2, state: new SubtaskState { WatermarkMicros = 5, Tables = { Table("t", "old", "a2") } });
        scene.Store(SourceB, 2, state: new SubtaskState { WatermarkMicros = 3, Tables = { Table("t", "old", "b2"), Table("s", "s2") } });
        scene.NowUtc += TimeSpan.FromSeconds(1);

        var manifest = Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Store(Sink, 2).Orders)).Manifest;

        Assert.Equal(("job", 3L, 2L, 1L, "manifest-1", false, Plan.ProgramHash), (manifest.JobId, manifest.Generation, manifest.Epoch, manifest.MinEpoch, manifest.Parent, manifest.NeedsCommit, manifest.ProgramHash));
        Assert.Equal(Timestamp.FromDateTimeOffset(scene.NowUtc), manifest.Finished);
        Assert.Equal(["source", "sink"], manifest.Operators.Select(one => one.OperatorId));
        var source = manifest.Operators[0];
        Assert.Equal((2u, 3L, 5L), (source.Parallelism, source.MinWatermarkMicros, source.MaxWatermarkMicros));
        Assert.Equal(["t: old a2 b2", "s: s2"], source.Tables.Select(table => $"{table.Name}: {string.Join(' ', table.Files.Select(file => file.Path))}"));
        Assert.False(manifest.Operators[1].HasMinWatermarkMicros);
    }

    [Fact]
    public void Tables_ThatDiffer_FailLoudly()
    {
        var scene = new CheckpointScene().Started();
        scene.Store(SourceA, 1, state: new SubtaskState { Tables = { Table("t", "a") } });
        scene.Store(SourceB, 1, state: new SubtaskState { Tables = { new TableState { Name = "t", Kind = TableKind.Timed, Version = 2 } } });

        Assert.Equal(CheckpointOutcome.Fatal, scene.Store(Sink, 1).Outcome);
        Assert.Contains("Subtask 1 of operator 'source' stored table 't'", scene.Last.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MessagesOfAnotherEpoch_AreIgnoredAndCounted()
    {
        var scene = new CheckpointScene().Started();
        scene.Store(SourceA, 1);
        var before = scene.Book;

        scene.Store(SourceB, 2);
        scene.Store(SourceA, 1);
        scene.Store(new OperatorSubtask("source", 2), 1);
        scene.Store(new OperatorSubtask("other", 0), 1);
        scene.Keep(1);
        scene.Do(new CheckpointCommand.Commit(Sink, 1));
        scene.Do(new CheckpointCommand.Mark(1));

        Assert.Equal(before with { IgnoredCount = 7 }, scene.Book);
    }

    [Fact]
    public void Barrier_ThatNeverArrives_TimesOut_AndTheNextEpochIsTried()
    {
        // Upstream #1109: barriers never time out.
        var scene = new CheckpointScene().Started();
        scene.Store(SourceA, 1);

        var decision = scene.After(scene.Rules.CheckpointTimeout);

        Assert.Equal((CheckpointOutcome.GivenUp, 1L), (decision.Outcome, decision.Ended!.Epoch));
        Assert.Contains("2 subtasks (source/1, sink/0) did not store their state within 00:10:00", decision.Message, StringComparison.Ordinal);
        Assert.Equal(
            [new JobOrder.GiveUp(3, "w1", 1), new JobOrder.GiveUp(3, "w2", 1), new JobOrder.Tell(JobNews.CheckpointFailed, 1, $"Checkpoint 1 was not completed: {decision.Message}")],
            decision.Orders);
        Assert.InRange(scene.Book.DueUtc!.Value - scene.NowUtc, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500));
        scene.After(TimeSpan.FromMilliseconds(500));
        Assert.Equal(2L, scene.Book.Current!.Epoch);
        scene.Complete(2);
        Assert.Equal((2L, 0), (scene.Book.Latest!.Epoch, scene.Book.FailedInARow));
    }

    [Fact]
    public void Checkpoint_OfWhichOneSubtaskCannotStoreItsPart_IsGivenUpAtOnce_AndTheNextEpochIsTried()
    {
        var scene = new CheckpointScene().Started();
        scene.Store(SourceA, 1);

        var decision = scene.Do(new CheckpointCommand.Fail(new SubtaskKey(1, 1), 1, "the disk is full"));

        Assert.Equal((CheckpointOutcome.GivenUp, 1L, "subtask 1 of node 1 could not store its state: the disk is full"), (decision.Outcome, decision.Ended!.Epoch, decision.Message));
        Assert.Equal(
            [new JobOrder.GiveUp(3, "w1", 1), new JobOrder.GiveUp(3, "w2", 1), new JobOrder.Tell(JobNews.CheckpointFailed, 1, $"Checkpoint 1 was not completed: {decision.Message}")],
            decision.Orders);
        Assert.InRange(scene.Book.DueUtc!.Value - scene.NowUtc, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500));

        // The same again, and that of another subtask, come too late to mean anything.
        Assert.Equal(CheckpointOutcome.None, scene.Do(new CheckpointCommand.Fail(new SubtaskKey(2, 0), 1, "the disk is full")).Outcome);
        scene.After(TimeSpan.FromMilliseconds(500));
        Assert.Equal(CheckpointOutcome.None, scene.Do(new CheckpointCommand.Fail(new SubtaskKey(2, 0), 1, "the disk is full")).Outcome);
        Assert.Equal((2L, 2L), (scene.Book.Current!.Epoch, scene.Book.IgnoredCount));
        scene.Complete(2);
        Assert.Equal((2L, 0), (scene.Book.Latest!.Epoch, scene.Book.FailedInARow));
    }

    [Theory]
    [InlineData(CheckpointPhase.Publishing)]
    [InlineData(CheckpointPhase.Committing)]
    public void Checkpoint_WhosePartsAreAllThere_IsNotGivenUp_WhateverASubtaskSaysLater(CheckpointPhase phase)
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1, sinkCommits: true);
        if (phase == CheckpointPhase.Committing)
        {
            scene.Keep(1);
        }

        Assert.Equal(CheckpointOutcome.None, scene.Do(new CheckpointCommand.Fail(new SubtaskKey(1, 1), 1, "the disk is full")).Outcome);
        Assert.Equal((1L, phase), (scene.Book.Current!.Epoch, scene.Book.Current.Phase));
    }

    [Fact]
    public void Checkpoint_ThatTheStoreRefuses_IsTriedAgain_LessAndLessOften_ButOnceAnIntervalAtLeast()
    {
        var scene = new CheckpointScene().Started();
        for (var epoch = 1; epoch <= 12; epoch++)
        {
            scene.StoreAll(epoch);
            scene.Do(new CheckpointCommand.Publish(epoch, PublishOutcome.Refused, "", "the disk is full"));
            var wait = scene.Book.DueUtc!.Value - scene.NowUtc;
            Assert.InRange(wait, Min(Interval, TimeSpan.FromMilliseconds(250) * Math.Pow(2, epoch - 1)), Min(Interval, TimeSpan.FromMilliseconds(500) * Math.Pow(2, epoch - 1)));
            scene.After(wait);
        }

        Assert.Equal((13L, null, 12), (scene.Book.Current!.Epoch, scene.Book.Latest, scene.Book.FailedInARow));

        static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
    }

    [Theory]
    [InlineData(PublishOutcome.Unknown)]
    [InlineData(PublishOutcome.StaleGeneration)]
    public void Manifest_OfWhichNobodyKnowsWhetherItCounts_PutsTheJobInDoubt(PublishOutcome outcome)
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1);

        Assert.Equal(CheckpointOutcome.InDoubt, scene.Do(new CheckpointCommand.Publish(1, outcome, "", "no answer")).Outcome);
        Assert.Null(scene.Book.Latest);
    }

    [Fact]
    public void Store_ThatDoesNotAnswer_PutsTheJobInDoubt()
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1);

        Assert.Equal(CheckpointOutcome.None, scene.After(scene.Rules.PublishTimeout - TimeSpan.FromTicks(1)).Outcome);
        Assert.Equal(CheckpointOutcome.InDoubt, scene.After(TimeSpan.FromTicks(1)).Outcome);
    }

    [Fact]
    public void LastCheckpoint_WaitsForTheOneUnderWay_AndThenStopsTheSubtasks()
    {
        var scene = new CheckpointScene().Started();
        Assert.Empty(scene.Do(new CheckpointCommand.TakeLast()).Orders);
        scene.StoreAll(1);

        var barriers = scene.Keep(1).Orders.OfType<JobOrder.Checkpoint>().ToList();
        Assert.Equal([("w1", 2L, true), ("w2", 2L, true)], barriers.Select(order => (order.Worker, order.Epoch, order.ThenStop)));
        scene.StoreAll(2);
        var decision = scene.Keep(2);
        Assert.Equal((CheckpointOutcome.Completed, true, null), (decision.Outcome, decision.Ended!.ThenStop, scene.Book.DueUtc));
        Assert.Empty(scene.After(TimeSpan.FromDays(1)).Orders);
    }

    [Fact]
    public void LastCheckpoint_ComesAlso_WhenTheOneBeforeIsGivenUp()
    {
        var scene = new CheckpointScene().Started();
        scene.Do(new CheckpointCommand.TakeLast());

        scene.After(scene.Rules.CheckpointTimeout);

        Assert.Equal((2L, true), (scene.Book.Current!.Epoch, scene.Book.Current.ThenStop));
    }

    [Fact]
    public void CheckpointThatIsWantedNow_ComesAtOnce_OrRightAfterTheOneUnderWay()
    {
        var scene = new CheckpointScene().Started();
        scene.Do(new CheckpointCommand.TakeNow());
        scene.StoreAll(1);
        scene.Keep(1);

        scene.After(TimeSpan.Zero);
        Assert.Equal(2L, scene.Book.Current!.Epoch);
    }

    private static TableState Table(string name, params string[] files) =>
        new() { Name = name, Kind = TableKind.Timed, Version = 1, Files = { files.Select(path => new TableFile { Path = path }) } };
}
