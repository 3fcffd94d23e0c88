using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Worker.Queries;

/// <summary>A task failed: its own failure, or that of a task whose rows it reads.</summary>
/// <param name="failure">Code, message, kind, and what was lost; not changed afterwards.</param>
/// <param name="origin">The task that failed first.</param>
/// <param name="innerException">The cause, where it happened here.</param>
internal sealed class TaskFailedException(TaskFailure failure, TaskKey origin, Exception? innerException = null) : Exception(failure.Message, innerException)
{
    // In what the engine says when its limit on disk is reached (max_temp_directory_size), or when it has no folder there (temp_directory).
    private const string DiskSetting = "temp_directory";

    public TaskFailure Failure { get; } = failure;

    public TaskKey Origin { get; } = origin;

    /// <summary>Says a failure of a task in the project's codes.</summary>
    public static TaskFailedException Of(TaskKey task, Exception exception) => exception switch
    {
        TaskFailedException failed => failed,
        EngineException { InnerException: TaskFailedException failed } => failed,
        EngineException { Kind: EngineErrorKind.Source, InnerException: FlowException or ArgumentException or IOException or UnauthorizedAccessException } failed => Of(task, failed.InnerException!),
        FlowException failure => Make(task, failure.Kind.Wire, failure.Message, "", exception),
        EngineException { Kind: EngineErrorKind.OutOfMemory } engine => Make(
            task,
            FlowErrorKind.Of(FlowErrorCode.LimitExceeded).Wire,
            OutOfRoom(task, engine),
            engine.Kind.ToString(),
            exception),
        EngineException engine => Make(task, FlowErrorKind.Of(CodeOf(engine)).Wire, engine.Message, engine.Kind.ToString(), exception),
        ArgumentException wrong => Make(task, FlowErrorKind.Of(FlowErrorCode.BadInput).Wire, wrong.Message, "", exception),
        IOException or UnauthorizedAccessException => Make(task, FlowErrorKind.Of(FlowErrorCode.StoreUnavailable).Wire, exception.Message, "", exception),
        _ => Make(task, FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, $"{exception.GetType().Name}: {exception.Message}", "", exception),
    };

    /// <summary>Rows of a task cannot be read any more: its worker is gone, or has forgotten them.</summary>
    public static TaskFailedException Lost(TaskKey lost, string code, string message, Exception? cause = null) =>
        new(new TaskFailure { Code = code, Message = message, Lost = lost }, lost, cause);

    private static TaskFailedException Make(TaskKey task, string code, string message, string kind, Exception cause) =>
        new(new TaskFailure { Code = code, Message = message, Kind = kind }, task, cause);

    private static string OutOfRoom(TaskKey task, EngineException engine)
    {
        const string Memory = $"{QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.EngineMemoryBytes)}";
        const string Disk = $"{QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.EngineSpillBytesMax)}";
        return engine.Message.Contains(DiskSetting, StringComparison.Ordinal)
            ? $"Task {QueryErrors.Format(task)} needs more memory than its worker may use, and more than it may put on disk: {engine.Message} Raise {Disk} or {Memory} there, or run the query on more workers."
            : $"Task {QueryErrors.Format(task)} needs more memory than its worker may use, and cannot put it on disk: {engine.Message} Raise {Memory} there, or run the query on more workers.";
    }

    private static FlowErrorCode CodeOf(EngineException exception) => exception.Kind switch
    {
        // What was disturbed may do better next time.
        EngineErrorKind.Internal or EngineErrorKind.Interrupted or EngineErrorKind.Library => FlowErrorCode.UnexpectedError,

        // A disk of the worker's own that is full, and not a file of a table.
        EngineErrorKind.InputOutput when exception.Message.Contains("No space left", StringComparison.Ordinal) => FlowErrorCode.StoreUnavailable,
        _ => TableErrors.ToFlowException(exception).Code,
    };
}
