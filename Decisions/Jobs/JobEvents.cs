using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What a worker says of a job, as commands.</summary>
public static class JobEvents
{
    /// <summary>Characters of a failure that are kept with the job.</summary>
    public const int MessageMax = 4_096;

    /// <summary>Turns what a worker says into a command.</summary>
    /// <param name="said">The event. It is not to be changed afterwards.</param>
    /// <returns>Null when nothing is decided upon it: errors that the job survives, and steps of a checkpoint that are only of interest to people.</returns>
    public static JobCommand? ToCommand(WorkerEvent said)
    {
        ArgumentNullException.ThrowIfNull(said);
        var (worker, generation) = (said.Context?.WorkerId ?? "", said.Context?.Generation ?? -1);
        return said.EventCase switch
        {
            WorkerEvent.EventOneofCase.Heartbeat => new JobCommand.Heartbeat(generation, worker),
            WorkerEvent.EventOneofCase.Initialization => new JobCommand.Initialized(generation, worker, said.Initialization.IsSuccess ? null : FailureOf(said.Initialization)),
            WorkerEvent.EventOneofCase.TaskStarted => new JobCommand.TaskStarted(generation, worker, SubtaskOf(said.TaskStarted)),
            WorkerEvent.EventOneofCase.TaskFinished => new JobCommand.TaskFinished(generation, worker, SubtaskOf(said.TaskFinished)),
            WorkerEvent.EventOneofCase.TaskFailed => new JobCommand.TaskFailed(generation, worker, SubtaskOf(said.TaskFailed.Subtask), FailureOf(said.TaskFailed)),
            WorkerEvent.EventOneofCase.Checkpoint when said.Checkpoint.Kind == CheckpointEventKind.FinishedCommit =>
                new JobCommand.CommitFinished(generation, worker, PartOf(said.Checkpoint.Subtask), said.Checkpoint.Epoch),
            WorkerEvent.EventOneofCase.CheckpointCompleted => new JobCommand.StateStored(
                generation, worker, PartOf(said.CheckpointCompleted.Subtask), said.CheckpointCompleted.Epoch, said.CheckpointCompleted.State ?? new SubtaskState(), said.CheckpointCompleted.NeedsCommit),
            WorkerEvent.EventOneofCase.CheckpointFailed => new JobCommand.StateNotStored(
                generation, worker, SubtaskOf(said.CheckpointFailed.Error?.Subtask), said.CheckpointFailed.Epoch, Cut(said.CheckpointFailed.Error?.Message ?? "")),
            _ => null,
        };
    }

    /// <summary>Another worker may have what this one lacks, so that it is tried again; a function that cannot be loaded is the same everywhere.</summary>
    private static JobFailure FailureOf(InitializationComplete failed) => FlowErrorKind.OfWire(failed.ErrorCode).Code == FlowErrorCode.BadFunction
        ? new JobFailure(FlowErrorCode.BadFunction, Cut(failed.ErrorMessage), IsRetryable: false)
        : new JobFailure(FlowErrorCode.UnexpectedError, Cut(failed.ErrorMessage), IsRetryable: true);

    private static JobFailure FailureOf(TaskError error) =>
        new(FlowErrorKind.OfWire(error.Code).Code, Cut(error.Message), error.IsRetryable);

    private static string Cut(string message) => message.Length <= MessageMax ? message : string.Concat(message.AsSpan(0, MessageMax), "...");

    private static SubtaskKey SubtaskOf(SubtaskId? id) => id is null ? default : new SubtaskKey(id.NodeId, (int)Math.Min(id.SubtaskIndex, int.MaxValue));

    private static OperatorSubtask PartOf(SubtaskId? id) => new(id?.OperatorId ?? "", (int)Math.Min(id?.SubtaskIndex ?? 0, int.MaxValue));
}
