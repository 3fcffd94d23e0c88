using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: what workers say becomes the right command, and orders become what workers understand.</summary>
public sealed class JobWireTests
{
    private static readonly JobContext Context = new() { WorkerId = "w1", JobId = "job", Generation = 4 };
    private static readonly SubtaskId Subtask = new() { NodeId = 2, OperatorId = "sink", SubtaskIndex = 1 };
    private static readonly JobRequests Requests = new("job");

    [Fact]
    public void WhatWorkersSay_BecomesACommandOfTheirGeneration()
    {
        Assert.Equal(new JobCommand.Heartbeat(4, "w1"), Of(new WorkerEvent { Heartbeat = new WorkerHeartbeat() }));
        Assert.Equal(new JobCommand.Initialized(4, "w1", null), Of(new WorkerEvent { Initialization = new InitializationComplete { IsSuccess = true } }));
        Assert.Equal(new JobCommand.TaskStarted(4, "w1", new SubtaskKey(2, 1)), Of(new WorkerEvent { TaskStarted = Subtask }));
        Assert.Equal(new JobCommand.TaskFinished(4, "w1", new SubtaskKey(2, 1)), Of(new WorkerEvent { TaskFinished = Subtask }));
        Assert.Equal(
            new JobCommand.CommitFinished(4, "w1", new OperatorSubtask("sink", 1), 9),
            Of(new WorkerEvent { Checkpoint = new CheckpointEvent { Subtask = Subtask, Epoch = 9, Kind = CheckpointEventKind.FinishedCommit } }));
        var state = new SubtaskState { Bytes = 5 };
        Assert.Equal(
            new JobCommand.StateStored(4, "w1", new OperatorSubtask("sink", 1), 9, state, NeedsCommit: true),
            Of(new WorkerEvent { CheckpointCompleted = new CheckpointCompleted { Subtask = Subtask, Epoch = 9, State = state, NeedsCommit = true } }));
    }

    [Fact]
    public void Failures_KeepTheirCode_AndNotMoreOfTheirTextThanIsStored()
    {
        var error = new TaskError { Subtask = Subtask, Code = "data_file_missing", Message = new string('x', 70_000), IsRetryable = true };

        var failed = Assert.IsType<JobCommand.TaskFailed>(Of(new WorkerEvent { TaskFailed = error }));

        Assert.Equal((FlowErrorCode.DataFileMissing, true, JobEvents.MessageMax + 3), (failed.Failure.Code, failed.Failure.IsRetryable, failed.Failure.Message.Length));
        var unknown = Assert.IsType<JobCommand.TaskFailed>(Of(new WorkerEvent { TaskFailed = new TaskError { Subtask = Subtask, Code = "of tomorrow", Message = "m" } }));
        Assert.Equal(new JobFailure(FlowErrorCode.UnexpectedError, "m", false), unknown.Failure);
        var started = Assert.IsType<JobCommand.Initialized>(Of(new WorkerEvent { Initialization = new InitializationComplete { ErrorMessage = "no memory" } }));
        Assert.Equal(new JobFailure(FlowErrorCode.UnexpectedError, "no memory", true), started.Failure);
    }

    [Fact]
    public void StateThatCouldNotBeStored_NamesTheSubtaskAndTheEpoch() =>
        Assert.Equal(
            new JobCommand.StateNotStored(4, "w1", new SubtaskKey(Subtask.NodeId, (int)Subtask.SubtaskIndex), 9, "no disk"),
            Of(new WorkerEvent { CheckpointFailed = new CheckpointFailed { Epoch = 9, Error = new TaskError { Subtask = Subtask, Code = "store_unavailable", Message = "no disk" } } }));

    [Fact]
    public void WhatIsOnlyOfInterestToPeople_IsNoCommand()
    {
        Assert.Null(Of(new WorkerEvent { NonfatalError = new TaskError() }));
        Assert.Null(Of(new WorkerEvent { Checkpoint = new CheckpointEvent { Kind = CheckpointEventKind.FinishedSync } }));
        Assert.Null(Of(new WorkerEvent()));
    }

    [Fact]
    public void EventWithoutContext_IsOfNoGeneration() =>
        Assert.Equal(new JobCommand.Heartbeat(-1, ""), JobEvents.ToCommand(new WorkerEvent { Heartbeat = new WorkerHeartbeat() }));

    [Fact]
    public void Start_NamesEveryPlace_AndWhatToBeginFrom()
    {
        var assignment = JobAssignment.TryPlace(JobScene.Plan, [new JobWorker("w1", 1, "d1", "r1"), new JobWorker("w2", 1, "d2", "r2")])!;
        var program = new Program();

        var request = Requests.ToRequest(new JobOrder.Start(4, "w2", assignment, new JobCheckpoint(7, 3, "m7"), 9, 2), program, "file:///checkpoints", TimeSpan.FromSeconds(3));

        Assert.Equal(("w2", "job", 4L), (request.Context.WorkerId, request.Context.JobId, request.Context.Generation));
        Assert.Equal((7L, "m7", 9L, 2L, "file:///checkpoints", 3L), (request.RestoreEpoch, request.RestoreManifest, request.StartEpoch, request.MinEpoch, request.CheckpointUrl, request.CheckpointInterval.Seconds));
        Assert.Same(program, request.Program);
        Assert.Equal(["1/0 w1 d1 r1", "1/1 w2 d2 r2", "2/0 w1 d1 r1", "2/1 w2 d2 r2"], request.Tasks.Select(task => $"{task.NodeId}/{task.SubtaskIndex} {task.WorkerId} {task.WorkerDataAddress} {task.WorkerRpcAddress}"));
        Assert.False(Requests.ToRequest(new JobOrder.Start(4, "w2", assignment, null, 1, 1), program, "", TimeSpan.FromSeconds(3)).HasRestoreEpoch);
    }

    [Fact]
    public void OtherOrders_SayTheSame()
    {
        var at = DateTimeOffset.UnixEpoch.AddDays(2);
        var barrier = Requests.ToRequest(new JobOrder.Checkpoint(4, "w1", 8, 2, at, ThenStop: true));
        Assert.Equal((Context, 8L, 2L, at, true, false), (barrier.Context, barrier.Epoch, barrier.MinEpoch, barrier.Timestamp.ToDateTimeOffset(), barrier.ThenStop, barrier.IsCommit));

        var commit = Requests.ToRequest(new JobOrder.Commit(4, "w1", 8, [new SubtaskCommit { OperatorId = "sink", Data = ByteString.CopyFromUtf8("d") }]));
        Assert.Equal((Context, 8L, "d"), (commit.Context, commit.Epoch, Assert.Single(commit.Commits).Data.ToStringUtf8()));

        var load = Requests.ToRequest(new JobOrder.LoadCompacted(4, "w1", "source", [new TableState { Name = "t" }]));
        Assert.Equal((Context, "source", "t"), (load.Context, load.OperatorId, Assert.Single(load.Tables).Name));

        var stop = Requests.ToRequest(new JobOrder.StopTasks(4, "w1", StopMode.Graceful));
        Assert.Equal((Context, StopMode.Graceful), (stop.Context, stop.Mode));

        Assert.Equal(["w1", "w2"], Requests.ToRequests(new JobOrder.TearDown(4, ["w1", "w2"])).Select(request => request.Context.WorkerId));
    }

    private static JobCommand? Of(WorkerEvent said)
    {
        said.Context = Context;
        return JobEvents.ToCommand(said);
    }
}
