using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a job stops as it was asked to, and never waits for ever for that.</summary>
public sealed class JobStopTests
{
    [Fact]
    public void StopWithCheckpoint_StopsAfterItsLastCheckpoint_AndBeginsFromItAgain()
    {
        var scene = JobScene.At(JobStatus.CheckpointStopping);
        Assert.All(scene.Orders.OfType<JobOrder.Checkpoint>(), order => Assert.Equal((1L, true), (order.Epoch, order.ThenStop)));

        scene.Keep(1, sinksCommit: true);
        Assert.Equal(JobPhase.LastCheckpoint, scene.Job.Phase);
        scene.Commit(1);
        Assert.Equal(JobPhase.Draining, scene.Job.Phase);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal((JobStatus.Stopped, null), (scene.Job.Status, scene.Job.DeadlineUtc));

        scene.Do(new JobCommand.StartAgain(false));
        scene.Do(new JobCommand.Compiled(1, null));
        scene.Do(new JobCommand.SeeWorkers(2, [new JobWorker("w1", 2)]));
        Assert.Equal(1, scene.Order<JobOrder.PrepareRestore>().Known!.Epoch);
    }

    [Fact]
    public void LastCheckpoint_ThatASubtaskCannotStore_IsNotWaitedFor()
    {
        var scene = JobScene.At(JobStatus.CheckpointStopping);

        scene.Do(new JobCommand.StateNotStored(1, "w1", new SubtaskKey(1, 0), 1, "the disk is full"));

        Assert.Equal(JobStatus.Stopping, scene.Job.Status);
        Assert.Null(scene.Job.Book.Current);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal(JobStatus.Stopped, scene.Job.Status);
    }

    [Theory]
    [InlineData(JobStopMode.Graceful, StopMode.Graceful)]
    [InlineData(JobStopMode.Immediate, StopMode.Immediate)]
    public void Stop_TellsEveryWorkerHow_AndEndsWhenAllSubtasksHave(JobStopMode mode, StopMode told)
    {
        var scene = JobScene.At(JobStatus.Running);

        scene.Do(new JobCommand.StopJob(mode));

        Assert.Equal([new JobOrder.StopTasks(1, "w1", told), new JobOrder.StopTasks(1, "w2", told)], scene.Orders.OfType<JobOrder.StopTasks>());
        scene.FinishAll();
        Assert.Equal(["w1", "w2"], scene.Order<JobOrder.TearDown>().Workers);
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal(JobStatus.Stopped, scene.Job.Status);
    }

    [Fact]
    public void Stop_ThatSubtasksDoNotFollow_IsForcedAfterAMinute_AndOverFiveSecondsLater()
    {
        var scene = JobScene.At(JobStatus.Stopping);

        Assert.Empty(scene.After(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1)).Orders.OfType<JobOrder.TearDown>());
        Assert.Single(scene.After(TimeSpan.FromTicks(1)).Orders.OfType<JobOrder.TearDown>());
        scene.After(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.Equal(JobStatus.Stopping, scene.Job.Status);
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal(JobStatus.Stopped, scene.Job.Status);
    }

    [Fact]
    public void ForcedStop_TearsDownAtOnce()
    {
        var scene = JobScene.At(JobStatus.Running);

        scene.Do(new JobCommand.StopJob(JobStopMode.Force));

        Assert.Equal((JobStatus.Stopping, JobPhase.TearingDown), (scene.Job.Status, scene.Job.Phase));
        Assert.Empty(scene.Orders.OfType<JobOrder.StopTasks>());
    }

    [Fact]
    public void HarderStop_TakesOverFromASofterOne()
    {
        var scene = JobScene.At(JobStatus.CheckpointStopping);
        Assert.Equal(StopMode.Immediate, scene.Do(new JobCommand.StopJob(JobStopMode.Immediate)).Orders.OfType<JobOrder.StopTasks>().First().Mode);
        scene.Do(new JobCommand.StopJob(JobStopMode.Force));
        Assert.Equal((JobStatus.Stopping, JobPhase.TearingDown), (scene.Job.Status, scene.Job.Phase));

        var graceful = JobScene.At(JobStatus.Stopping);
        Assert.Equal(StopMode.Immediate, graceful.Do(new JobCommand.StopJob(JobStopMode.Immediate)).Orders.OfType<JobOrder.StopTasks>().First().Mode);
    }

    [Theory]
    [InlineData(JobStatus.Compiling, JobStopMode.Checkpoint, JobStatus.Stopped)]
    [InlineData(JobStatus.Scheduling, JobStopMode.Graceful, JobStatus.Stopped)]
    [InlineData(JobStatus.Rescaling, JobStopMode.Immediate, JobStatus.Stopping)]
    [InlineData(JobStatus.Rescaling, JobStopMode.Checkpoint, JobStatus.Rescaling)]
    [InlineData(JobStatus.Restarting, JobStopMode.Checkpoint, JobStatus.CheckpointStopping)]
    [InlineData(JobStatus.Restarting, JobStopMode.Graceful, JobStatus.Stopping)]
    [InlineData(JobStatus.Failing, JobStopMode.Immediate, JobStatus.Failing)]
    [InlineData(JobStatus.Failed, JobStopMode.Checkpoint, JobStatus.Failed)]
    [InlineData(JobStatus.Finished, JobStopMode.Force, JobStatus.Finished)]
    public void Stop_OfAJobThatDoesNotRun_EndsWhatItDoes(JobStatus from, JobStopMode mode, JobStatus expected)
    {
        var scene = JobScene.At(from);

        Assert.True(scene.Do(new JobCommand.StopJob(mode)).IsAccepted);

        Assert.Equal(expected, scene.Job.Status);
    }

    [Fact]
    public void Stop_OfAJobThatFinishes_IsRefused() => Assert.False(JobScene.At(JobStatus.Finishing).Do(new JobCommand.StopJob(JobStopMode.Force)).IsAccepted);

    [Fact]
    public void Stop_WithCheckpoint_WhileItRescales_KeepsThatCheckpoint()
    {
        var scene = JobScene.At(JobStatus.Rescaling);
        scene.Do(new JobCommand.StopJob(JobStopMode.Checkpoint));
        scene.Keep(1);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal((JobStatus.Stopped, 1L, 1), (scene.Job.Status, scene.Job.Book.Latest!.Epoch, scene.Job.NextPlan!.SlotsNeeded));
    }

    [Fact]
    public void Stop_WhileItRecovers_NeitherWaitsNorBeginsAgain()
    {
        var scene = JobScene.At(JobStatus.Recovering);
        scene.Do(new JobCommand.StopJob(JobStopMode.Checkpoint));
        Assert.Equal(JobStatus.Recovering, scene.Job.Status);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal(JobStatus.Stopped, scene.Job.Status);

        var waiting = JobScene.At(JobStatus.Recovering);
        waiting.After(TimeSpan.FromSeconds(5));
        waiting.After(TimeSpan.FromSeconds(5));
        Assert.Equal(JobPhase.BackingOff, waiting.Job.Phase);
        waiting.Do(new JobCommand.StopJob(JobStopMode.Immediate));
        Assert.Equal(JobStatus.Stopped, waiting.Job.Status);
    }

    [Fact]
    public void LastCheckpoint_ThatCannotBeCompleted_DoesNotKeepTheJobFromStopping()
    {
        var scene = JobScene.At(JobStatus.CheckpointStopping);
        scene.Live(scene.Rules.CheckpointTimeout);

        Assert.Equal(JobStatus.Stopping, scene.Job.Status);
        Assert.Contains(scene.Orders, order => order is JobOrder.StopTasks { Mode: StopMode.Immediate });
    }

    [Fact]
    public void LastCheckpoint_BehindOneThatHangs_IsBoundedToo()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Do(new JobCommand.StopJob(JobStopMode.Checkpoint));
        scene.Live(scene.Rules.CheckpointBound * 2);

        Assert.Equal((JobStatus.Stopped, 2L), (scene.Job.Status, scene.Job.Book.Epoch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LossDuringTheLastCheckpoint_StopsTheJobAnyway(bool isFailure)
    {
        var scene = JobScene.At(JobStatus.CheckpointStopping);

        scene.Do(isFailure ? scene.Fail(2, 1, isRetryable: true) : new JobCommand.LoseWorker(1, "w2", "gone"));

        Assert.Equal(JobStatus.Stopping, scene.Job.Status);
        Assert.Contains(scene.Orders, order => order is JobOrder.Tell { Kind: JobNews.Warning } tell && tell.Message.Contains("begins from nothing next", StringComparison.Ordinal));
    }

    [Fact]
    public void StartWhileItStops_BeginsAgainOnceItHasStopped()
    {
        var scene = JobScene.At(JobStatus.Stopping);
        scene.Do(new JobCommand.StopJob(JobStopMode.None));
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal(JobStatus.Compiling, scene.Job.Status);
    }

    [Fact]
    public void TimeToLive_ThatIsOver_StopsTheJobAtOnce()
    {
        var scene = JobScene.At(JobStatus.Running, new JobSettings { IsPreview = true, TimeToLive = TimeSpan.FromSeconds(60) });
        scene.Live(TimeSpan.FromSeconds(59));
        Assert.Equal(JobStatus.Running, scene.Job.Status);

        scene.Live(TimeSpan.FromSeconds(1));

        Assert.Equal((JobStatus.Stopping, JobStopMode.Immediate), (scene.Job.Status, scene.Job.StopMode));
    }

    [Theory]
    [InlineData(JobStatus.Stopped)]
    [InlineData(JobStatus.Failed)]
    public void JobAtRest_StaysThere_UntilItIsStartedByHand(JobStatus status)
    {
        var scene = JobScene.At(status);
        scene.After(TimeSpan.FromDays(1));
        scene.Do(new JobCommand.Reload());
        scene.Do(new JobCommand.Heartbeat(1, "w1"));
        Assert.Equal((status, null), (scene.Job.Status, scene.Job.WakeUtc));

        scene.Do(new JobCommand.Restart(false, false));

        Assert.Equal((JobStatus.Compiling, 0, null), (scene.Job.Status, scene.Job.RestartCount, scene.Job.Failure));
    }

    [Fact]
    public void FinishedJob_IsFinal()
    {
        var scene = JobScene.At(JobStatus.Finished);

        Assert.False(scene.Do(new JobCommand.StartAgain(false)).IsAccepted);
        Assert.False(scene.Do(new JobCommand.Restart(true, true)).IsAccepted);
        Assert.False(scene.Do(new JobCommand.Rescale(JobScene.PlanOf(4))).IsAccepted);
        Assert.Equal(JobStatus.Finished, scene.Job.Status);
    }
}
