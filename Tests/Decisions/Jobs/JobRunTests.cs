using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a running job takes checkpoints, finishes with its sources, and moves and rescales without losing or repeating rows.</summary>
public sealed class JobRunTests
{
    [Fact]
    public void RunningJob_TakesCheckpointsByItself()
    {
        var scene = JobScene.At(JobStatus.Running);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            scene.Live(TimeSpan.FromSeconds(10));
            Assert.Equal(epoch, scene.Job.Book.Current!.Epoch);
            scene.Keep(epoch);
        }

        Assert.Equal((3L, "manifest-3"), (scene.Job.Book.Latest!.Epoch, scene.Job.Book.Latest.Manifest));
    }

    [Fact]
    public void CheckpointThatIsAskedFor_BeginsAtOnce()
    {
        var scene = JobScene.At(JobStatus.Running);

        Assert.Equal(1, scene.Do(new JobCommand.TakeCheckpoint()).Orders.OfType<JobOrder.Checkpoint>().First().Epoch);
        Assert.False(JobScene.At(JobStatus.Stopped).Do(new JobCommand.TakeCheckpoint()).IsAccepted);
    }

    [Fact]
    public void IdleSourceThatEnds_DoesNotFinishTheJob_NorStopItsCheckpoints()
    {
        // Upstream #1109: one source that ended finished the whole job.
        var scene = JobScene.At(JobStatus.Running);
        scene.Store("source", 0, CheckpointCoordinator.AtTheEnd);
        scene.Do(scene.Finish(1, 0));
        Assert.Equal(JobStatus.Running, scene.Job.Status);

        scene.Live(TimeSpan.FromSeconds(10));
        scene.Store("source", 1, 1);
        scene.Store("sink", 0, 1);
        Assert.IsType<JobOrder.PublishManifest>(scene.Store("sink", 1, 1).Orders.Single(order => order is JobOrder.PublishManifest));
    }

    [Fact]
    public void SubtaskThatEndsWithoutItsLastState_StopsCheckpoints_AndSaysSo()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Do(scene.Finish(1, 0));
        scene.NowUtc = scene.Job.Book.DueUtc!.Value;

        var told = Assert.Single(scene.Do(new JobCommand.Tick()).Orders.OfType<JobOrder.Tell>());

        Assert.Contains("Subtask 0 of operator 'source' ended without storing its last state", told.Message, StringComparison.Ordinal);
        Assert.Equal((null, scene.NowUtc + scene.Job.Settings.CheckpointInterval), (scene.Job.Book.Current, scene.Job.Book.DueUtc));
    }

    [Fact]
    public void JobWhoseSourcesHaveAllEnded_Finishes_OnceAllItsSubtasksHave()
    {
        var scene = JobScene.At(JobStatus.Finishing);
        scene.Do(scene.Finish(2, 0));
        Assert.Equal(JobStatus.Finishing, scene.Job.Status);

        scene.Do(scene.Finish(2, 1));
        Assert.Equal(JobPhase.TearingDown, scene.Job.Phase);
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal(JobStatus.Finished, scene.Job.Status);
    }

    [Fact]
    public void JobThatFinishes_CommitsWhatItsSinksStagedLast()
    {
        var scene = JobScene.At(JobStatus.Running);
        for (var index = 0; index < 2; index++)
        {
            scene.Store("source", index, CheckpointCoordinator.AtTheEnd);
            scene.Do(scene.Finish(1, index));
        }

        Assert.Equal(JobStatus.Finishing, scene.Job.Status);
        scene.Store("sink", 0, CheckpointCoordinator.AtTheEnd, needsCommit: true);
        Assert.Single(scene.Store("sink", 1, CheckpointCoordinator.AtTheEnd, needsCommit: true).Orders.OfType<JobOrder.PublishManifest>());
        scene.Do(new JobCommand.ManifestPublished(1, 1, PublishOutcome.Kept, "m", ""));
        Assert.Equal(2, scene.Orders.OfType<JobOrder.Commit>().Count());
        scene.Commit(1);
        scene.Do(scene.Finish(2, 0));
        scene.Do(scene.Finish(2, 1));
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal((JobStatus.Finished, true, 1L), (scene.Job.Status, scene.Job.Book.Latest!.IsCommitted, scene.Job.Book.Epoch));
    }

    [Fact]
    public void LastRowsOfAJobThatFinishes_AreStoredAgain_WhenTheStoreRefusesThem()
    {
        var scene = JobScene.At(JobStatus.Running);
        for (var index = 0; index < 2; index++)
        {
            scene.Store("source", index, CheckpointCoordinator.AtTheEnd);
            scene.Store("sink", index, CheckpointCoordinator.AtTheEnd, needsCommit: true);
            scene.Do(scene.Finish(1, index));
            scene.Do(scene.Finish(2, index));
        }

        // All subtasks have ended, and what they staged is not committed.
        scene.Do(new JobCommand.ManifestPublished(1, 1, PublishOutcome.Refused, "", "the disk is full"));
        Assert.Equal(JobStatus.Finishing, scene.Job.Status);
        Assert.Equal((null, true), (scene.Job.Book.Current, scene.Job.WakeUtc - scene.NowUtc <= TimeSpan.FromSeconds(1)));
        scene.After(TimeSpan.FromSeconds(1));

        Assert.Equal(2, scene.Order<JobOrder.PublishManifest>().Manifest.Epoch);
        scene.Do(new JobCommand.ManifestPublished(1, 2, PublishOutcome.Kept, "m", ""));
        scene.Commit(2);
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal((JobStatus.Finished, true), (scene.Job.Status, scene.Job.Book.Latest!.IsCommitted));
    }

    [Fact]
    public void JobThatLosesAWorkerWhileItFinishes_BeginsAgain_InsteadOfEndingWithoutItsLastRows()
    {
        var scene = JobScene.At(JobStatus.Finishing);

        scene.Do(new JobCommand.LoseWorker(1, "w2", "gone"));

        Assert.Equal(JobStatus.Recovering, scene.Job.Status);
    }

    [Fact]
    public void JobThatFinishes_HasTimeAsLongAsItGetsFurther()
    {
        var scene = JobScene.At(JobStatus.Finishing);
        scene.Live(TimeSpan.FromMinutes(9));
        scene.Do(scene.Finish(2, 0));
        scene.Live(TimeSpan.FromMinutes(9));
        Assert.Equal(JobStatus.Finishing, scene.Job.Status);

        scene.Live(TimeSpan.FromMinutes(1));

        Assert.Equal(JobStatus.Recovering, scene.Job.Status);
        Assert.Contains("none of 1 subtasks got further for 00:10:00", scene.Job.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rescale_TakesALastCheckpoint_AndBeginsFromItWithTheNewNumbers()
    {
        var scene = JobScene.At(JobStatus.Rescaling);
        Assert.True(scene.Order<JobOrder.Checkpoint>().ThenStop);
        scene.Keep(1);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal((JobStatus.Scheduling, 2L, 1, 0), (scene.Job.Status, scene.Job.Generation, scene.Job.Plan!.SlotsNeeded, scene.Job.RestartCount));
        Assert.Equal(new JobOrder.FindWorkers(2, 1), scene.Order<JobOrder.FindWorkers>());
    }

    [Fact]
    public void Rescale_WhoseLastCheckpointFails_BeginsFromTheOneBefore()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1);
        scene.Do(new JobCommand.Rescale(JobScene.PlanOf(1)));
        scene.Do(scene.Fail(1, 0, isRetryable: true));
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal((JobStatus.Scheduling, 1L, 1), (scene.Job.Status, scene.Job.Book.Latest!.Epoch, scene.Job.Plan!.SlotsNeeded));
    }

    [Fact]
    public void Rescale_FromACheckpointThatHoldsRows_RunsWithTheNumbersOfBefore_UpToAnAlignedOne()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1);
        scene.Job = scene.Job with { Book = scene.Job.Book with { Latest = scene.Job.Book.Latest! with { HoldsRows = true } } };
        scene.Do(new JobCommand.Rescale(JobScene.PlanOf(1)));
        scene.Do(scene.Fail(1, 0, isRetryable: true));
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal((JobStatus.Scheduling, 2, 1), (scene.Job.Status, scene.Job.Plan!.SlotsNeeded, scene.Job.NextPlan!.SlotsNeeded));

        scene.Do(new JobCommand.SeeWorkers(2, [new JobWorker("w1", 1), new JobWorker("w2", 1)]));
        scene.Do(new JobCommand.RestoreReady(2, scene.Job.Book.Latest, scene.Job.Book.Epoch, null));
        foreach (var placement in scene.Job.Assignment.Placements)
        {
            scene.Do(new JobCommand.TaskStarted(2, placement.Worker, placement.Subtask));
        }

        Assert.Equal(JobStatus.Rescaling, scene.Job.Status);
        Assert.True(scene.Order<JobOrder.Checkpoint>().ThenStop);
        scene.Keep(scene.Job.Book.Current!.Epoch);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(2));

        Assert.Equal((JobStatus.Scheduling, 3L, 1), (scene.Job.Status, scene.Job.Generation, scene.Job.Plan!.SlotsNeeded));
        Assert.Null(scene.Job.NextPlan);
        Assert.False(scene.Job.Book.Latest!.HoldsRows);
    }

    [Fact]
    public void Rescale_ToWhatItIs_DoesNothing_AndOfAnotherProgramIsRefused()
    {
        var scene = JobScene.At(JobStatus.Running);

        Assert.True(scene.Do(new JobCommand.Rescale(JobScene.PlanOf(2))).IsAccepted);
        Assert.Equal(JobStatus.Running, scene.Job.Status);
        Assert.False(scene.Do(new JobCommand.Rescale(JobScene.PlanOf(3) with { ProgramHash = Google.Protobuf.ByteString.Empty })).IsAccepted);
    }

    [Fact]
    public void RescaleThatCameTooLateForAStart_HappensOnceItRuns()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));
        scene.Do(new JobCommand.Rescale(JobScene.PlanOf(1)));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));
        foreach (var placement in scene.Job.Assignment.Placements)
        {
            scene.Do(new JobCommand.TaskStarted(1, "w1", placement.Subtask));
        }

        Assert.Equal(JobStatus.Rescaling, scene.Job.Status);
    }

    [Fact]
    public void SafeRestart_BeginsFromItsLastCheckpoint_AndAForcedOneFromTheNewestThatIsThere()
    {
        var scene = JobScene.At(JobStatus.Restarting);
        scene.Keep(1);
        scene.FinishAll();
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal((JobStatus.Scheduling, 1L), (scene.Job.Status, scene.Job.Book.Latest!.Epoch));

        var forced = JobScene.At(JobStatus.Restarting);
        forced.Do(new JobCommand.Restart(IsForced: true, IgnoreState: false));
        Assert.Equal((JobStatus.Restarting, JobPhase.TearingDown, null), (forced.Job.Status, forced.Job.Phase, forced.Job.Book.Current));
        forced.After(TimeSpan.FromSeconds(5));
        Assert.Equal((JobStatus.Scheduling, 2L), (forced.Job.Status, forced.Job.Generation));
    }

    [Fact]
    public void Restart_WhileItIsScheduled_BeginsWithItsProgram()
    {
        var scene = JobScene.At(JobStatus.Scheduling);

        scene.Do(new JobCommand.Restart(false, false));

        Assert.Equal(JobStatus.Compiling, scene.Job.Status);
    }

    [Fact]
    public void WorkerThatEnds_MovesItsJobs_WithALastCheckpoint_WithinItsGrace()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Do(new JobCommand.Drain(1, "w2"));
        Assert.Equal((JobStatus.Restarting, scene.NowUtc + TimeSpan.FromSeconds(30)), (scene.Job.Status, scene.Job.DeadlineUtc));

        scene.Live(TimeSpan.FromSeconds(30));

        Assert.Equal((JobStatus.Restarting, JobPhase.TearingDown), (scene.Job.Status, scene.Job.Phase));
        scene.Do(new JobCommand.TornDown(1));
        Assert.Equal(JobStatus.Scheduling, scene.Job.Status);
    }

    [Fact]
    public void Commit_WithoutDataOfItsProducer_FailsTheJobLoudly()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));

        scene.Do(new JobCommand.StateStored(1, "w1", new OperatorSubtask("sink", 0), 1, new Protocol.Streaming.V1.SubtaskState(), NeedsCommit: true));

        Assert.Equal(JobStatus.Failing, scene.Job.Status);
        Assert.Contains("stored nothing to commit", scene.Job.Failure!.Message, StringComparison.Ordinal);
    }
}
