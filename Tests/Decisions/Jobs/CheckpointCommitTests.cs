using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using static OrleansFlow.Tests.Decisions.Jobs.CheckpointScene;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: what sinks staged is committed exactly when its checkpoint is kept, whatever is lost in between.</summary>
public sealed class CheckpointCommitTests
{
    [Fact]
    public void Sinks_CommitOnlyAfterTheManifestIsKept_AndTheEpochIsDoneWhenAllHave()
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1, sinkCommits: true);
        Assert.DoesNotContain(scene.Orders, order => order is JobOrder.Commit);

        var commit = Assert.IsType<JobOrder.Commit>(Assert.Single(scene.Keep(1).Orders));

        Assert.Equal(("w1", 1L, "sink/0 1"), (commit.Worker, commit.Epoch, Assert.Single(commit.Commits).Data.ToStringUtf8()));
        Assert.Equal((true, false, true), (scene.Book.Latest!.NeedsCommit, scene.Book.Latest.IsCommitted, scene.Book.Latest.IsOpen));
        Assert.Equal(new JobOrder.MarkCommitted(3, 1), Assert.Single(scene.Do(new CheckpointCommand.Commit(Sink, 1)).Orders));
        Assert.Equal(CheckpointOutcome.Completed, scene.Do(new CheckpointCommand.Mark(1)).Outcome);
        Assert.Equal((true, false), (scene.Book.Latest.IsCommitted, scene.Book.Latest.IsOpen));
    }

    [Fact]
    public void Checkpoint_WithoutSinksThatWait_HasNoCommitPhase()
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1);

        Assert.Equal(CheckpointOutcome.Completed, scene.Keep(1).Outcome);
        Assert.DoesNotContain(scene.Orders, order => order is JobOrder.Commit or JobOrder.MarkCommitted);
    }

    [Fact]
    public void Commit_WithoutDataOfItsProducer_FailsLoudly()
    {
        var scene = new CheckpointScene().Started();

        var decision = scene.Do(new CheckpointCommand.Store(Sink, 1, new SubtaskState(), NeedsCommit: true));

        Assert.Equal(CheckpointOutcome.Fatal, decision.Outcome);
        Assert.Contains("Subtask 0 of operator 'sink' waits for the commit of epoch 1, but stored nothing to commit", decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Commit_ThatNeverEnds_PutsTheJobInDoubt_AndStaysOpen()
    {
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1, sinkCommits: true);
        scene.Keep(1);

        var decision = scene.After(scene.Rules.CommitTimeout);

        Assert.Equal((CheckpointOutcome.InDoubt, true), (decision.Outcome, scene.Book.Latest!.IsOpen));
        Assert.Contains("1 subtasks (sink/0) did not commit within 00:05:00", decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Crash_InTheCommitPhase_ReplaysTheCommitBeforeAnyOtherCheckpoint()
    {
        // Upstream #224: exactly-once is lost after a crash in the commit phase.
        var scene = new CheckpointScene().Started();
        scene.StoreAll(1, sinkCommits: true);
        scene.Keep(1);
        scene.Do(new CheckpointCommand.Abandon("a worker was lost"));
        scene.Generation++;

        var commit = Assert.IsType<JobOrder.Commit>(Assert.Single(scene.Do(new CheckpointCommand.Begin()).Orders));

        Assert.Equal((4L, 1L, "sink/0 1"), (commit.Generation, commit.Epoch, Assert.Single(commit.Commits).Data.ToStringUtf8()));
        Assert.Empty(scene.After(Interval).Orders);
        scene.Do(new CheckpointCommand.Commit(Sink, 1));
        var done = scene.Do(new CheckpointCommand.Mark(1));
        Assert.Equal((CheckpointOutcome.Completed, true, true), (done.Outcome, done.Ended!.IsReplay, scene.Book.Latest!.IsCommitted));
        scene.After(TimeSpan.Zero);
        Assert.Equal((2L, 1), (scene.Book.Current!.Epoch, scene.Book.Kept.Length));
    }

    [Fact]
    public void ReplayedCommit_OfASubtaskThatIsNoMore_GoesToOneThatIs()
    {
        var scene = new CheckpointScene
        {
            Book = CheckpointBook.New with
            {
                Epoch = 7,
                Latest = new JobCheckpoint(7, 2, "m") { NeedsCommit = true, Commits = [.. Enumerable.Range(0, 3).Select(index => new SubtaskCommit { OperatorId = "source", SubtaskIndex = (uint)index, Data = ByteString.CopyFromUtf8($"d{index}") })] },
            },
        };

        var commits = scene.Do(new CheckpointCommand.Begin()).Orders.Cast<JobOrder.Commit>().ToDictionary(order => order.Worker, order => string.Join(' ', order.Commits.Select(one => $"{one.SubtaskIndex}={one.Data.ToStringUtf8()}")));

        Assert.Equal("0=d0 0=d2", commits["w1"]);
        Assert.Equal("1=d1", commits["w2"]);
        scene.Do(new CheckpointCommand.Commit(SourceA, 7));
        Assert.IsType<JobOrder.MarkCommitted>(Assert.Single(scene.Do(new CheckpointCommand.Commit(SourceB, 7)).Orders));
    }

    [Fact]
    public void ReplayedCommit_OfASinkThatIsNoMore_FailsLoudly()
    {
        var open = new JobCheckpoint(7, 2, "m") { NeedsCommit = true, Commits = [new SubtaskCommit { OperatorId = "gone", Data = ByteString.CopyFromUtf8("d") }] };
        var scene = new CheckpointScene { Book = CheckpointBook.New with { Epoch = 7, Latest = open } };

        var decision = scene.Do(new CheckpointCommand.Begin());

        Assert.Equal(CheckpointOutcome.Fatal, decision.Outcome);
        Assert.Contains("rows of sink 'gone' to commit, but the program has no such operator", decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenCheckpoint_ThatNamesNothingToCommit_FailsLoudly()
    {
        var scene = new CheckpointScene { Book = CheckpointBook.New with { Epoch = 7, Latest = new JobCheckpoint(7, 2, "m") { NeedsCommit = true } } };

        Assert.Equal(CheckpointOutcome.Fatal, scene.Do(new CheckpointCommand.Begin()).Outcome);
    }

    [Fact]
    public void SubtaskThatHasEnded_CountsWithItsLastState_InEveryLaterCheckpoint()
    {
        // Upstream #1109: one source that ends must neither end the job nor hold up its checkpoints.
        var scene = new CheckpointScene().Started();
        scene.Store(SourceA, CheckpointCoordinator.AtTheEnd, state: new SubtaskState { Bytes = 42 });
        scene.Store(SourceB, 1);
        Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Store(Sink, 1).Orders));
        scene.Keep(1);
        scene.After(Interval);

        scene.Store(SourceB, 2);
        Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Store(Sink, 2).Orders));
        Assert.Equal(42UL, scene.Book.Current!.Gathered[SourceA].State.Bytes);
    }

    [Fact]
    public void StateOfTheEnd_DoesNotStandInForABarrier_WhoseStateAnotherOperatorOfTheSubtaskHasStored()
    {
        var (source, sink) = (new OperatorSubtask("source", 0), new OperatorSubtask("sink", 0));
        var scene = new CheckpointScene { Program = new JobPlan([new JobNode(1, 1, ["source", "sink"], true)], Plan.ProgramHash) }.Started();

        scene.Store(source, 1);
        scene.Store(source, CheckpointCoordinator.AtTheEnd);
        scene.Store(sink, CheckpointCoordinator.AtTheEnd, needsCommit: true);

        Assert.Equal(CheckpointOutcome.GivenUp, scene.Last.Outcome);
        Assert.DoesNotContain(scene.Orders, order => order is JobOrder.PublishManifest);
        scene.Do(new CheckpointCommand.TakeNow());
        scene.After(TimeSpan.Zero);
        var manifest = Assert.Single(scene.Orders.OfType<JobOrder.PublishManifest>()).Manifest;
        Assert.Equal(2, manifest.Epoch);
    }

    [Fact]
    public void WhatASinkStagedAtItsEnd_IsCommittedOnce()
    {
        var scene = new CheckpointScene().Started();
        scene.Store(Sink, CheckpointCoordinator.AtTheEnd, needsCommit: true);
        scene.Store(SourceA, 1);
        scene.Store(SourceB, 1);
        Assert.Single(scene.Keep(1).Orders, order => order is JobOrder.Commit);
        scene.Do(new CheckpointCommand.Commit(Sink, 1));
        scene.Do(new CheckpointCommand.Mark(1));
        scene.After(Interval);

        scene.Store(SourceA, 2);
        scene.Store(SourceB, 2);
        Assert.Equal(CheckpointOutcome.Completed, scene.Keep(2).Outcome);
        Assert.Single(scene.Orders, order => order is JobOrder.Commit);
    }

    [Fact]
    public void WhenAllSubtasksHaveEnded_TheirLastStatesAreACheckpoint_WithoutBarriers()
    {
        var scene = new CheckpointScene();
        scene.Do(new CheckpointCommand.Begin());
        Assert.Empty(scene.Do(new CheckpointCommand.TakeFinal()).Orders);
        scene.StoreAll(CheckpointCoordinator.AtTheEnd, sinkCommits: true);

        Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Do(new CheckpointCommand.TakeFinal()).Orders));
        Assert.IsType<JobOrder.Commit>(Assert.Single(scene.Keep(1).Orders));
    }

    [Fact]
    public void Keeper_ThatWasLost_AsksAgain_OrGivesUpWhatItMayHaveMissed()
    {
        var gathering = new CheckpointScene().Started();
        Assert.Equal(CheckpointOutcome.GivenUp, gathering.Do(new CheckpointCommand.Reload()).Outcome);

        var scene = new CheckpointScene().Started();
        scene.StoreAll(1, sinkCommits: true);
        Assert.IsType<JobOrder.PublishManifest>(Assert.Single(scene.Do(new CheckpointCommand.Reload()).Orders));
        scene.Keep(1);
        Assert.IsType<JobOrder.Commit>(Assert.Single(scene.Do(new CheckpointCommand.Reload()).Orders));
        scene.Do(new CheckpointCommand.Commit(Sink, 1));
        Assert.IsType<JobOrder.MarkCommitted>(Assert.Single(scene.Do(new CheckpointCommand.Reload()).Orders));

        var last = new CheckpointScene();
        last.Do(new CheckpointCommand.Begin());
        last.Do(new CheckpointCommand.TakeLast());
        Assert.Equal(2, last.Do(new CheckpointCommand.Reload()).Orders.OfType<JobOrder.Checkpoint>().Count(order => order is { ThenStop: true, Epoch: 1 }));
    }
}
