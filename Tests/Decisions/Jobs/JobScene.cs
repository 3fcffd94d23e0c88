using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>A job of one source and one sink, each with two subtasks, at two workers with one slot each, driven step by step.</summary>
internal sealed class JobScene
{
    public static JobPlan Plan { get; } = PlanOf(2);

    public JobRules Rules { get; init; } = JobRules.Default;

    public StreamJob Job { get; set; } = StreamJob.None;

    public DateTimeOffset NowUtc { get; set; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public JobDecision Last { get; private set; } = new(StreamJob.None, []);

    public IEnumerable<JobOrder> Orders => Last.Orders;

    public static JobPlan PlanOf(int parallelism) =>
        new([new JobNode(1, parallelism, ["source"], true), new JobNode(2, parallelism, ["sink"], false)], ByteString.CopyFromUtf8("hash"));

    public static JobScene At(JobStatus status, JobSettings? settings = null, JobRules? rules = null)
    {
        var scene = new JobScene { Rules = rules ?? JobRules.Default };
        scene.Do(new JobCommand.Submit("job", Plan, settings ?? new JobSettings(), 5));
        switch (status)
        {
            case JobStatus.Compiling:
                break;
            case JobStatus.Scheduling:
                scene.Do(new JobCommand.Compiled(0, null));
                break;
            default:
                scene.Do(new JobCommand.Compiled(0, null));
                scene.Start();
                break;
        }

        JobCommand[] onward = status switch
        {
            JobStatus.CheckpointStopping => [new JobCommand.StopJob(JobStopMode.Checkpoint)],
            JobStatus.Stopping => [new JobCommand.StopJob(JobStopMode.Graceful)],
            JobStatus.Rescaling => [new JobCommand.Rescale(PlanOf(1))],
            JobStatus.Restarting => [new JobCommand.Restart(false, false)],
            JobStatus.Recovering => [new JobCommand.LoseWorker(1, "w1", "its connection broke")],
            JobStatus.Failing => [scene.Fail(1, 0, isRetryable: false)],
            JobStatus.Finishing => [scene.Finish(1, 0), scene.Finish(1, 1)],
            JobStatus.Finished => [scene.Finish(1, 0), scene.Finish(1, 1), scene.Finish(2, 0), scene.Finish(2, 1), new JobCommand.TornDown(1)],
            JobStatus.Stopped => [new JobCommand.StopJob(JobStopMode.Force), new JobCommand.TornDown(1)],
            JobStatus.Failed => [scene.Fail(1, 0, isRetryable: false), scene.Finish(1, 1), scene.Finish(2, 0), scene.Finish(2, 1), new JobCommand.TornDown(1)],
            _ => [],
        };
        foreach (var command in onward)
        {
            scene.Do(command);
        }

        Assert.Equal(status, scene.Job.Status);
        return scene;
    }

    public JobDecision Do(JobCommand command)
    {
        Last = JobDecider.Decide(Job, command, Rules, NowUtc);
        Job = Last.State;
        return Last;
    }

    public JobDecision After(TimeSpan time)
    {
        NowUtc += time;
        return Do(new JobCommand.Tick());
    }

    /// <summary>Time passes with every worker alive.</summary>
    public void Live(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(5))
        {
            NowUtc += left < TimeSpan.FromSeconds(5) ? left : TimeSpan.FromSeconds(5);
            foreach (var worker in Job.Assignment.Workers)
            {
                Do(new JobCommand.Heartbeat(Job.Generation, worker.Id));
            }

            Do(new JobCommand.Tick());
        }
    }

    /// <summary>From the look for slots until it runs.</summary>
    public void Start(JobCheckpoint? checkpoint = null)
    {
        Do(new JobCommand.SeeWorkers(Job.Generation, [new JobWorker("w1", 1), new JobWorker("w2", 1)]));
        Do(new JobCommand.RestoreReady(Job.Generation, checkpoint ?? Job.Book.Latest, Job.Book.Epoch, null));
        foreach (var placement in Job.Assignment.Placements)
        {
            Do(new JobCommand.TaskStarted(Job.Generation, placement.Worker, placement.Subtask));
        }

        Assert.Equal(JobStatus.Running, Job.Status);
    }

    public JobCommand Finish(uint node, int index) => new JobCommand.TaskFinished(Job.Generation, $"w{index + 1}", new SubtaskKey(node, index));

    public JobCommand Fail(uint node, int index, bool isRetryable) =>
        new JobCommand.TaskFailed(Job.Generation, $"w{index + 1}", new SubtaskKey(node, index), new JobFailure(FlowErrorCode.EngineError, "division by zero", isRetryable));

    public void FinishAll()
    {
        foreach (var placement in Job.Assignment.Placements)
        {
            Do(new JobCommand.TaskFinished(Job.Generation, placement.Worker, placement.Subtask));
        }
    }

    /// <summary>From a loss to the next look for slots.</summary>
    public void Recover()
    {
        FinishAll();
        Do(new JobCommand.TornDown(Job.Generation));
        Assert.Equal((JobStatus.Recovering, JobPhase.BackingOff), (Job.Status, Job.Phase));
        NowUtc = Job.DeadlineUtc!.Value;
        Do(new JobCommand.Tick());
        Do(new JobCommand.Compiled(Job.Generation, null));
        Assert.Equal(JobStatus.Scheduling, Job.Status);
    }

    public JobDecision Store(string operatorId, int index, long epoch, bool needsCommit = false) => Do(new JobCommand.StateStored(
        Job.Generation, $"w{index + 1}", new OperatorSubtask(operatorId, index), epoch, new SubtaskState { CommitData = ByteString.CopyFromUtf8(needsCommit ? $"rows of {epoch}" : "") }, needsCommit));

    /// <summary>All subtasks store their state, and the store keeps the manifest.</summary>
    public void Keep(long epoch, bool sinksCommit = false)
    {
        for (var index = 0; index < 2; index++)
        {
            Store("source", index, epoch);
            Store("sink", index, epoch, sinksCommit);
        }

        Do(new JobCommand.ManifestPublished(Job.Generation, Job.Book.Epoch, PublishOutcome.Kept, $"manifest-{epoch}", ""));
    }

    public void Commit(long epoch)
    {
        for (var index = 0; index < 2; index++)
        {
            Do(new JobCommand.CommitFinished(Job.Generation, $"w{index + 1}", new OperatorSubtask("sink", index), epoch));
        }

        Do(new JobCommand.CommitMarked(Job.Generation, epoch));
    }

    public T Order<T>()
        where T : JobOrder => Last.Orders.OfType<T>().First();
}
