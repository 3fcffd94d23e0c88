using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Protos;

namespace OrleansFlow.Worker.Queries;

/// <summary>
/// Failures of tasks as statuses and back: the reason is the code; the values <c>kind</c>, <c>task</c> and <c>lost</c> (as QUERY/STAGE/TASK/ATTEMPT) say the
/// rest, so that a failure reaches every reader down the line as it was.
/// </summary>
internal sealed class QueryErrors : IRpcErrorMapper
{
    private const string KindValue = "kind";
    private const string TaskValue = "task";
    private const string LostValue = "lost";

    public RpcException? TryMap(Exception exception, RpcServerContext context) => TryMap(exception);

    public static RpcException? TryMap(Exception exception) => exception switch
    {
        TaskFailedException failed => ToRpc(failed),
        FlowException failure => new RpcException(
            RpcStatusDetails.WithErrorInfo((RpcStatusCode)failure.Kind.GrpcStatus, failure.Message, failure.Kind.Wire, FlowErrorKind.Domain), innerException: failure),
        _ => null,
    };

    /// <summary>What a failed reading from another worker means here.</summary>
    /// <param name="source">The task that was read.</param>
    /// <param name="location">Where.</param>
    /// <param name="exception">How it failed.</param>
    public static TaskFailedException OfPeer(TaskKey source, string location, Exception exception)
    {
        if (exception is not RpcException failure)
        {
            return TaskFailedException.Lost(source, FlowErrorKind.Of(FlowErrorCode.WorkerLost).Wire, $"Task {Format(source)} at '{location}' cannot be read: {exception.Message}", exception);
        }

        if (!RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info) || info.Domain != FlowErrorKind.Domain)
        {
            return TaskFailedException.Lost(
                source, FlowErrorKind.Of(FlowErrorCode.WorkerLost).Wire, $"The worker at '{location}' was lost while task {Format(source)} was read: {failure.Status.Message}", failure);
        }

        if (Task(info, TaskValue) is { } origin)
        {
            return new TaskFailedException(
                new TaskFailure { Code = info.Reason, Message = failure.Status.Message, Kind = info.Metadata.TryGetValue(KindValue, out var kind) ? kind : "", Lost = Task(info, LostValue) },
                origin,
                failure);
        }

        // The worker answers, and does not have the rows (any more).
        return TaskFailedException.Lost(source, info.Reason, failure.Status.Message, failure);
    }

    /// <summary>A task as people read it.</summary>
    public static string Format(TaskKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.QueryId}/{key.Stage}/{key.Task}/{key.Attempt}");

    private static RpcException ToRpc(TaskFailedException failed)
    {
        var kind = FlowErrorKind.OfWire(failed.Failure.Code);
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { [TaskValue] = Format(failed.Origin) };
        if (failed.Failure.Kind.Length > 0)
        {
            values[KindValue] = failed.Failure.Kind;
        }

        if (failed.Failure.Lost is { } lost)
        {
            values[LostValue] = Format(lost);
        }

        return new RpcException(
            RpcStatusDetails.WithErrorInfo((RpcStatusCode)kind.GrpcStatus, failed.Failure.Message, failed.Failure.Code, FlowErrorKind.Domain, values), innerException: failed);
    }

    private static TaskKey? Task(ErrorInfo info, string name)
    {
        if (!info.Metadata.TryGetValue(name, out var text))
        {
            return null;
        }

        // The id of a query may hold anything.
        var parts = text.Split('/');
        return parts.Length >= 4
            && int.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out var stage)
            && int.TryParse(parts[^2], NumberStyles.None, CultureInfo.InvariantCulture, out var task)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? new TaskKey { QueryId = string.Join('/', parts[..^3]), Stage = stage, Task = task, Attempt = attempt }
            : null;
    }
}
