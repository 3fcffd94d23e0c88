using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a job comes back by itself from what can pass, and from nothing else, and not for ever.</summary>
public sealed class JobRecoveryTests
{
    [Fact]
    public void SilentWorker_IsLostAfterThirtySeconds()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.NowUtc += TimeSpan.FromSeconds(20);
        scene.Do(new JobCommand.Heartbeat(1, "w1"));
        scene.After(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(JobStatus.Running, scene.Job.Status);

        scene.After(TimeSpan.FromTicks(1));

        Assert.Equal((JobStatus.Recovering, FlowErrorCode.WorkerLost), (scene.Job.Status, scene.Job.Failure!.Code));
        Assert.Contains("Worker 'w2' is lost: it was not heard for 00:00:30", scene.Job.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnythingThatAWorkerSays_ShowsThatItIsAlive()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.NowUtc += TimeSpan.FromSeconds(29);
        scene.Do(new JobCommand.Heartbeat(1, "w1"));
        scene.Store("sink", 1, 77);

        scene.After(TimeSpan.FromSeconds(29));

        Assert.Equal((JobStatus.Running, 1L), (scene.Job.Status, scene.Job.Book.IgnoredCount));
    }

    [Fact]
    public void Recovery_StopsAtOnce_TearsDownAfterFiveSeconds_WaitsAndBeginsAgain()
    {
        var scene = JobScene.At(JobStatus.Recovering);
        Assert.All(scene.Orders.OfType<JobOrder.StopTasks>(), order => Assert.Equal(StopMode.Immediate, order.Mode));

        Assert.Single(scene.After(TimeSpan.FromSeconds(5)).Orders.OfType<JobOrder.TearDown>());
        scene.After(TimeSpan.FromSeconds(5));
        Assert.Equal(JobPhase.BackingOff, scene.Job.Phase);
        Assert.InRange(scene.Job.DeadlineUtc!.Value - scene.NowUtc, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500));
        scene.After(TimeSpan.FromMilliseconds(500));

        Assert.Equal(JobStatus.Compiling, scene.Job.Status);
    }

    [Fact]
    public void Restarts_WaitLongerEachTime_AndAreCounted_UntilTheJobFails()
    {
        var scene = JobScene.At(JobStatus.Running);
        for (var restart = 1; restart <= 20; restart++)
        {
            scene.Do(scene.Fail(1, 0, isRetryable: true));
            scene.FinishAll();
            scene.Do(new JobCommand.TornDown(scene.Job.Generation));
            var full = Math.Min(60_000, 500 * Math.Pow(2, restart - 1));
            Assert.InRange(scene.Job.DeadlineUtc!.Value - scene.NowUtc, TimeSpan.FromMilliseconds(full / 2), TimeSpan.FromMilliseconds(full));
            scene.Recover();
            scene.Start();
            Assert.Equal((restart, restart + 1L), (scene.Job.RestartCount, scene.Job.Generation));
        }

        scene.Do(scene.Fail(1, 0, isRetryable: true));
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(scene.Job.Generation));

        Assert.Equal(JobStatus.Failed, scene.Job.Status);
        Assert.Contains("began again 20 times in a row", scene.Job.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("division by zero", scene.Job.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Restarts_WithoutALimit_GoOn()
    {
        var scene = JobScene.At(JobStatus.Running, rules: JobRules.Default with { RestartsMax = -1 });
        for (var restart = 1; restart <= 50; restart++)
        {
            scene.Do(scene.Fail(1, 0, isRetryable: true));
            scene.Recover();
            scene.Start();
        }

        Assert.Equal(50, scene.Job.RestartCount);
    }

    [Fact]
    public void NoRestartAllowed_MeansThatTheFirstLossFailsTheJob()
    {
        var scene = JobScene.At(JobStatus.Running, rules: JobRules.Default with { RestartsMax = 0 });
        scene.Do(scene.Fail(1, 0, isRetryable: true));
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal(JobStatus.Failed, scene.Job.Status);
    }

    [Fact]
    public void JobThatRunsWellForTwoMinutes_ForgetsItsRestarts()
    {
        var scene = JobScene.At(JobStatus.Recovering);
        scene.Recover();
        scene.Start();
        scene.Live(TimeSpan.FromSeconds(119));
        Assert.Equal(1, scene.Job.RestartCount);

        scene.Live(TimeSpan.FromSeconds(1));

        Assert.Equal(0, scene.Job.RestartCount);
    }

    [Fact]
    public void FailureThatNoRestartMends_StopsGracefully_AndFailsWithItsMessage()
    {
        var scene = JobScene.At(JobStatus.Failing);
        Assert.All(scene.Orders.OfType<JobOrder.StopTasks>(), order => Assert.Equal(StopMode.Graceful, order.Mode));
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal((JobStatus.Failed, "Subtask 0 of node 1: division by zero"), (scene.Job.Status, scene.Job.Failure!.Message));
    }

    [Fact]
    public void Preview_NeverRecovers()
    {
        var scene = JobScene.At(JobStatus.Running, new JobSettings { IsPreview = true });

        scene.Do(new JobCommand.LoseWorker(1, "w1", "gone"));

        Assert.Equal(JobStatus.Failing, scene.Job.Status);
        Assert.Contains("A preview does not begin again", scene.Job.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Crash_InTheCommitPhase_IsFollowedByTheReplayOfItsCommits_BeforeAnyNewCheckpoint()
    {
        // Upstream #224: exactly-once is lost after a crash in the commit phase.
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1, sinksCommit: true);
        scene.Do(new JobCommand.CommitFinished(1, "w1", new OperatorSubtask("sink", 0), 1));
        scene.Do(new JobCommand.LoseWorker(1, "w2", "gone"));
        scene.Recover();
        scene.Start();

        var replayed = scene.Orders.OfType<JobOrder.Commit>().ToList();
        Assert.Equal([("w1", 1L, 2L), ("w2", 1L, 2L)], replayed.Select(order => (order.Worker, order.Epoch, order.Generation)));
        Assert.Equal("rows of 1", replayed[1].Commits[0].Data.ToStringUtf8());
        scene.Live(TimeSpan.FromSeconds(20));
        Assert.Equal(1, scene.Job.Book.Epoch);
        scene.Commit(1);
        scene.Do(new JobCommand.Tick());
        Assert.Equal((2L, true), (scene.Job.Book.Epoch, scene.Job.Book.Latest!.IsCommitted));
    }

    [Fact]
    public void Commit_ThatNeverEnds_RecoversTheJob()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1, sinksCommit: true);

        scene.Live(scene.Rules.CommitTimeout);

        Assert.Equal((JobStatus.Recovering, true), (scene.Job.Status, scene.Job.Book.Latest!.IsOpen));
        Assert.Contains("2 subtasks (sink/0, sink/1) did not commit", scene.Job.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Barrier_ThatNeverArrives_CostsACheckpoint_AndNotTheJob()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10) + scene.Rules.CheckpointTimeout);

        Assert.Equal((JobStatus.Running, 2L), (scene.Job.Status, scene.Job.Book.Epoch));
    }

    [Fact]
    public void StateThatCannotBeStored_CostsACheckpointAtOnce_AndNotTheJob()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        Assert.Equal(1L, scene.Job.Book.Current!.Epoch);

        // Only of its own worker, and only of this epoch.
        scene.Do(new JobCommand.StateNotStored(1, "w2", new SubtaskKey(1, 0), 1, "the disk is full"));
        scene.Do(new JobCommand.StateNotStored(1, "w1", new SubtaskKey(1, 0), 7, "the disk is full"));
        Assert.Equal(1L, scene.Job.Book.Current!.Epoch);
        scene.Do(new JobCommand.StateNotStored(1, "w1", new SubtaskKey(1, 0), 1, "the disk is full"));

        Assert.Equal((JobStatus.Running, null, 1), (scene.Job.Status, scene.Job.Book.Current, scene.Job.Book.FailedInARow));
        Assert.Equal([new JobOrder.GiveUp(1, "w1", 1), new JobOrder.GiveUp(1, "w2", 1)], scene.Orders.OfType<JobOrder.GiveUp>());
        Assert.Contains("the disk is full", scene.Order<JobOrder.Tell>().Message, StringComparison.Ordinal);
        scene.After(TimeSpan.FromMilliseconds(500));
        Assert.Equal((JobStatus.Running, 2L), (scene.Job.Status, scene.Job.Book.Current!.Epoch));
    }

    [Fact]
    public void Reload_OfARunningJob_GivesItsWorkersTimeAgain_AndGoesOn()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.NowUtc += TimeSpan.FromMinutes(5);

        scene.Do(new JobCommand.Reload());

        Assert.Equal((JobStatus.Running, 1L), (scene.Job.Status, scene.Job.Generation));
        Assert.Contains(scene.Orders, order => order is JobOrder.Tell { Kind: JobNews.CheckpointFailed, Epoch: 1 });
        Assert.Contains(scene.Orders, order => order is JobOrder.WakeAt { AtUtc: not null });
        scene.After(TimeSpan.FromSeconds(29));
        Assert.Equal(JobStatus.Running, scene.Job.Status);
        scene.After(TimeSpan.FromSeconds(1));
        Assert.Equal(JobStatus.Recovering, scene.Job.Status);
    }

    [Fact]
    public void Reload_OfAJobThatWasAboutToStart_BeginsAgainUnderItsOwnGeneration()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));

        scene.Do(new JobCommand.Reload());

        Assert.Equal((2L, JobPhase.Slots), (scene.Job.Generation, scene.Job.Phase));
        Assert.Equal((1L, new JobOrder.FindWorkers(2, 2)), (scene.Order<JobOrder.TearDown>().Generation, scene.Order<JobOrder.FindWorkers>()));
    }

    [Theory]
    [InlineData(JobStatus.Stopping, StopMode.Graceful)]
    [InlineData(JobStatus.Recovering, StopMode.Immediate)]
    [InlineData(JobStatus.Failing, StopMode.Graceful)]
    public void Reload_OfAJobThatEnds_TellsItsWorkersAgain(JobStatus status, StopMode mode)
    {
        var scene = JobScene.At(status);

        Assert.All(scene.Do(new JobCommand.Reload()).Orders.OfType<JobOrder.StopTasks>(), order => Assert.Equal(mode, order.Mode));
        Assert.Equal(2, scene.Orders.OfType<JobOrder.StopTasks>().Count());
    }

    [Fact]
    public void Heartbeats_AreNotStored_AndAskForNoTimer()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.After(TimeSpan.FromSeconds(1));
        scene.NowUtc += TimeSpan.FromTicks(1);

        Assert.Empty(scene.Do(new JobCommand.Heartbeat(1, "w1")).Orders);
    }

    [Theory]
    [InlineData(JobStatus.Running)]
    [InlineData(JobStatus.Recovering)]
    [InlineData(JobStatus.Scheduling)]
    public void TickThatComesTooEarly_AsksForAnotherOne(JobStatus status)
    {
        var scene = JobScene.At(status);
        var wake = scene.Job.WakeUtc!.Value;
        scene.NowUtc = wake - TimeSpan.FromTicks(1);

        scene.Do(new JobCommand.Tick());

        Assert.True(Assert.IsType<JobOrder.WakeAt>(Assert.Single(scene.Orders)).AtUtc >= wake);
        Assert.Equal(status, scene.Job.Status);
    }

    [Fact]
    public void WhatMustNotBeLost_IsStoredBeforeItIsDone()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.NowUtc = scene.Job.Book.DueUtc!.Value;

        Assert.IsType<JobOrder.Persist>(scene.Do(new JobCommand.Tick()).Orders[0]);
        Assert.DoesNotContain(scene.Store("source", 0, 1).Orders, order => order is JobOrder.Persist);
    }
}
