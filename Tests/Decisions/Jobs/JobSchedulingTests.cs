using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a job starts once, from what is complete, and waits for nothing for ever.</summary>
public sealed class JobSchedulingTests
{
    [Fact]
    public void Job_FromItsSubmissionToRunning_IsOrderedStepByStep()
    {
        var scene = new JobScene();
        scene.Do(new JobCommand.Submit("job", JobScene.Plan, new JobSettings(), 5));
        Assert.IsType<JobOrder.Persist>(scene.Orders.First());
        Assert.Equal((JobStatus.Compiling, 0L), (scene.Job.Status, scene.Order<JobOrder.Compile>().Generation));

        scene.Do(new JobCommand.Compiled(0, null));
        Assert.Equal((JobStatus.Scheduling, new JobOrder.FindWorkers(1, 2)), (scene.Job.Status, scene.Order<JobOrder.FindWorkers>()));

        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 1), new JobWorker("w2", 5)]));
        Assert.Equal(new JobOrder.PrepareRestore(1, null, 0), scene.Order<JobOrder.PrepareRestore>());

        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));
        Assert.Equal([("w1", 1L), ("w2", 1L)], scene.Orders.OfType<JobOrder.Start>().Select(order => (order.Worker, order.StartEpoch)));
        Assert.Equal(4, scene.Order<JobOrder.Start>().Assignment.Placements.Length);

        foreach (var placement in scene.Job.Assignment.Placements)
        {
            Assert.Equal(JobStatus.Scheduling, scene.Job.Status);
            scene.Do(new JobCommand.TaskStarted(1, placement.Worker, placement.Subtask));
        }

        Assert.Equal((JobStatus.Running, null), (scene.Job.Status, scene.Job.DeadlineUtc));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(90_000)]
    public void CheckpointInterval_OutOfItsRange_IsRefused(double seconds)
    {
        var decision = new JobScene().Do(new JobCommand.Submit("job", JobScene.Plan, new JobSettings { CheckpointInterval = TimeSpan.FromSeconds(seconds) }, 5));

        Assert.Contains("00:00:01 to 1.00:00:00 are possible", decision.Refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Submission_ThatIsRepeated_ChangesNothing_AndOneOfAnotherProgramIsRefused()
    {
        var scene = JobScene.At(JobStatus.Running);
        var before = scene.Job;

        Assert.True(scene.Do(new JobCommand.Submit("job", JobScene.PlanOf(7), new JobSettings(), 9)).IsAccepted);
        Assert.Same(before, scene.Job);
        Assert.False(scene.Do(new JobCommand.Submit("job", JobScene.Plan with { ProgramHash = Google.Protobuf.ByteString.Empty }, new JobSettings(), 9)).IsAccepted);
        Assert.False(new JobScene().Do(new JobCommand.Tick()).IsAccepted);
    }

    [Fact]
    public void Slots_AreLookedForEverySecond_AndNothingStartsWorkers()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 1)]));
        Assert.Equal(JobPhase.Slots, scene.Job.Phase);

        Assert.All(scene.After(TimeSpan.FromMilliseconds(999)).Orders, order => Assert.IsType<JobOrder.WakeAt>(order));
        Assert.Equal(new JobOrder.FindWorkers(1, 2), scene.After(TimeSpan.FromMilliseconds(1)).Orders.OfType<JobOrder.FindWorkers>().Single());
    }

    [Fact]
    public void Slots_ThatNeverCome_FailTheJob_WithWhatIsMissing()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 1)]));

        scene.After(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal(JobStatus.Scheduling, scene.Job.Status);
        scene.After(TimeSpan.FromTicks(1));

        Assert.Equal((JobStatus.Failed, FlowErrorCode.DeadlineExceeded), (scene.Job.Status, scene.Job.Failure!.Code));
        Assert.Contains("2 slots are needed (node 1 has 2 subtasks), 1 are free at 1 workers: 1 are missing", scene.Job.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rescale_WhileSlotsAreMissing_LooksForFewer()
    {
        var scene = JobScene.At(JobStatus.Scheduling);

        Assert.Equal(new JobOrder.FindWorkers(1, 1), scene.Do(new JobCommand.Rescale(JobScene.PlanOf(1))).Orders.OfType<JobOrder.FindWorkers>().Single());
    }

    [Fact]
    public void Tasks_ThatDoNotStartWithinTwoMinutes_RecoverTheJob()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 1), new JobWorker("w2", 1)]));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));
        scene.Do(new JobCommand.TaskStarted(1, "w1", new SubtaskKey(1, 0)));

        scene.Live(TimeSpan.FromMinutes(2) - TimeSpan.FromSeconds(1));
        Assert.Equal(JobStatus.Scheduling, scene.Job.Status);
        scene.Live(TimeSpan.FromSeconds(1));

        Assert.Equal(JobStatus.Recovering, scene.Job.Status);
        Assert.Contains("3 subtasks did not start within 00:02:00, at: w2, w1", scene.Job.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_ThatDoesNotSayWhatToBeginFrom_RecoversTheJob()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));

        scene.After(scene.Rules.RestoreTimeout);

        Assert.Equal((JobStatus.Recovering, JobPhase.BackingOff), (scene.Job.Status, scene.Job.Phase));
    }

    [Theory]
    [InlineData(true, JobStatus.Recovering)]
    [InlineData(false, JobStatus.Failed)]
    public void Program_WhoseFunctionsCannotBeLoaded_IsTriedAgainOnlyWhenThatCanHelp(bool isRetryable, JobStatus expected)
    {
        var scene = JobScene.At(JobStatus.Compiling);

        scene.Do(new JobCommand.Compiled(0, new JobFailure(FlowErrorCode.BadInput, "function 'f' has another hash", isRetryable)));

        Assert.Equal((expected, "function 'f' has another hash"), (scene.Job.Status, scene.Job.Failure!.Message));
    }

    [Fact]
    public void Worker_ThatCannotBegin_RecoversTheJob()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));
        scene.Do(new JobCommand.Initialized(1, "w1", null));
        Assert.Equal(JobStatus.Scheduling, scene.Job.Status);

        scene.Do(new JobCommand.Initialized(1, "w1", new JobFailure(FlowErrorCode.UnexpectedError, "no memory", IsRetryable: true)));

        Assert.Equal((JobStatus.Recovering, "Worker 'w1' could not begin: no memory"), (scene.Job.Status, scene.Job.Failure!.Message));
    }

    [Theory]
    [InlineData(true, JobStatus.Recovering, JobPhase.Draining)]
    [InlineData(false, JobStatus.Failing, JobPhase.TearingDown)]
    public void Worker_ThatCanNeverBegin_IsToldToLetGoAtOnce_SinceNothingRunsThere(bool isRetryable, JobStatus status, JobPhase phase)
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));

        scene.Do(new JobCommand.Initialized(1, "w1", new JobFailure(FlowErrorCode.BadFunction, "function 'f' has another hash", isRetryable)));

        Assert.Equal((status, phase), (scene.Job.Status, scene.Job.Phase));
    }

    [Fact]
    public void WorkersThatDidBegin_EndTheirSubtasks_WhenAnotherOneCannot()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 1), new JobWorker("w2", 1)]));
        scene.Do(new JobCommand.RestoreReady(1, null, 0, null));

        scene.Do(new JobCommand.Initialized(1, "w1", new JobFailure(FlowErrorCode.BadFunction, "function 'f' has another hash", IsRetryable: false)));
        Assert.Equal(JobPhase.Draining, scene.Job.Phase);
        foreach (var placement in scene.Job.Assignment.Placements.Where(one => one.Worker == "w2"))
        {
            scene.Do(new JobCommand.TaskFinished(1, "w2", placement.Subtask));
        }

        Assert.Equal(JobPhase.TearingDown, scene.Job.Phase);
    }

    [Fact]
    public void StaleWorker_OfAnEarlierGeneration_HasNoPartInTheNewOne()
    {
        // Upstream #914: stale workers joined a new run.
        var scene = JobScene.At(JobStatus.Recovering);
        scene.Recover();
        scene.Do(new JobCommand.SeeWorkers(2, [new JobWorker("w1", 2)]));
        scene.Do(new JobCommand.RestoreReady(2, null, 0, null));
        var before = scene.Job;

        scene.Do(new JobCommand.TaskStarted(1, "w1", new SubtaskKey(1, 0)));
        scene.Do(new JobCommand.TaskFailed(1, "w1", new SubtaskKey(1, 0), new JobFailure(FlowErrorCode.BadInput, "old", IsRetryable: false)));
        scene.Do(new JobCommand.TaskStarted(2, "w2", new SubtaskKey(1, 1)));
        scene.Do(new JobCommand.TaskStarted(3, "w1", new SubtaskKey(1, 0)));
        scene.Do(new JobCommand.TornDown(1));

        Assert.Equal(before with { StaleCount = before.StaleCount + 5 }, scene.Job);
        Assert.Empty(scene.Orders);
    }

    [Fact]
    public void StoreOfAHigherGeneration_LiftsTheJobAboveIt()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));

        scene.Do(new JobCommand.RestoreReady(1, null, 0, null) { NewestGeneration = 6 });

        Assert.Equal((7L, JobPhase.Slots, new JobOrder.FindWorkers(7, 2)), (scene.Job.Generation, scene.Job.Phase, scene.Order<JobOrder.FindWorkers>()));
    }

    [Fact]
    public void LostCheckpoint_FailsTheJob_InsteadOfBeginningFromLess()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1);
        scene.Do(new JobCommand.Restart(true, false));
        scene.Do(new JobCommand.TornDown(1));
        scene.Do(new JobCommand.SeeWorkers(2, [new JobWorker("w1", 2)]));

        scene.Do(new JobCommand.RestoreReady(2, null, 0, null));

        Assert.Equal((JobStatus.Failed, FlowErrorCode.StateCorrupt), (scene.Job.Status, scene.Job.Failure!.Code));
        Assert.Contains("Checkpoint 1 of job 'job' was complete, but its store has none", scene.Job.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JobThatBeginsWithoutItsState_NeverRestoresWhatWasBefore()
    {
        var scene = JobScene.At(JobStatus.Running);
        scene.Live(TimeSpan.FromSeconds(10));
        scene.Keep(1);
        scene.Do(new JobCommand.Restart(true, IgnoreState: true));
        scene.Do(new JobCommand.TornDown(1));
        scene.Do(new JobCommand.SeeWorkers(2, [new JobWorker("w1", 2)]));
        Assert.Equal(long.MaxValue, scene.Order<JobOrder.PrepareRestore>().IgnoreBefore);

        // The store knows one more than the job, which was stored just before the end.
        scene.Do(new JobCommand.RestoreReady(2, new JobCheckpoint(2, 1, "m"), 2, null));

        var start = scene.Order<JobOrder.Start>();
        Assert.Equal((null, 3L, 3L), (start.Restore, start.StartEpoch, scene.Job.IgnoreBefore));
    }

    [Fact]
    public void NewestCheckpointOfTheStore_IsWhatTheJobBeginsFrom()
    {
        var scene = JobScene.At(JobStatus.Scheduling);
        scene.Do(new JobCommand.SeeWorkers(1, [new JobWorker("w1", 2)]));

        scene.Do(new JobCommand.RestoreReady(1, new JobCheckpoint(8, 0, "m"), 9, null));

        var start = scene.Order<JobOrder.Start>();
        Assert.Equal((8L, 10L), (start.Restore!.Epoch, start.StartEpoch));
    }
}
