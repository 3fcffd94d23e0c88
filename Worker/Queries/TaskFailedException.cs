using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries;

/// <summary>A task failed: its own failure, or that of a task whose rows it reads.</summary>
/// <param name="failure">Code, message, kind, and what was lost; not changed afterwards.</param>
/// <param name="origin">The task that failed first.</param>
/// <param name="innerException">The cause, where it happened here.</param>
internal sealed class TaskFailedException(TaskFailure failure, TaskKey origin, Exception? innerException = null) : Exception(failure.Message, innerException)
{
    public TaskFailure Failure { get; } = failure;

    public TaskKey Origin { get; } = origin;

    /// <summary>Says a failure of a task in the project's codes.</summary>
    public static TaskFailedException Of(TaskKey task, Exception exception) => exception switch
    {
        TaskFailedException failed => failed,
        EngineException { InnerException: TaskFailedException failed } => failed,
        EngineException { Kind: EngineErrorKind.Source, InnerException: { } source } => Of(task, source),
        FlowException failure => Make(task, failure.Kind.Wire, failure.Message, "", exception),
        EngineException engine => Make(task, FlowErrorKind.Of(CodeOf(engine.Kind)).Wire, engine.Message, engine.Kind.ToString(), exception),
        ArgumentException wrong => Make(task, FlowErrorKind.Of(FlowErrorCode.BadInput).Wire, wrong.Message, "", exception),
        IOException or UnauthorizedAccessException => Make(task, FlowErrorKind.Of(FlowErrorCode.StoreUnavailable).Wire, exception.Message, "", exception),
        _ => Make(task, FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, $"{exception.GetType().Name}: {exception.Message}", "", exception),
    };

    /// <summary>Rows of a task cannot be read any more: its worker is gone, or has forgotten them.</summary>
    public static TaskFailedException Lost(TaskKey lost, string code, string message, Exception? cause = null) =>
        new(new TaskFailure { Code = code, Message = message, Lost = lost }, lost, cause);

    private static TaskFailedException Make(TaskKey task, string code, string message, string kind, Exception cause) =>
        new(new TaskFailure { Code = code, Message = message, Kind = kind }, task, cause);

    private static FlowErrorCode CodeOf(EngineErrorKind kind) => kind switch
    {
        EngineErrorKind.OutOfMemory => FlowErrorCode.LimitExceeded,

        // What was disturbed may do better next time.
        EngineErrorKind.Internal or EngineErrorKind.Interrupted or EngineErrorKind.Library => FlowErrorCode.UnexpectedError,
        _ => FlowErrorCode.EngineError,
    };
}
