using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What a failed call to a worker means.</summary>
/// <param name="Code">The code that the worker named; <c>worker_lost</c> where it named none.</param>
/// <param name="Message">What it said.</param>
/// <param name="IsOfTheWay">Whether the worker did not answer in the project's words: it is gone, or somebody else is in its place.</param>
/// <param name="Lost">The task whose rows could not be read; null for none.</param>
internal readonly record struct QueryFault(FlowErrorCode Code, string Message, bool IsOfTheWay, TaskKey? Lost)
{
    private const string LostValue = "lost";

    /// <summary>Reads the status of a failed call.</summary>
    public static QueryFault Of(RpcException exception)
    {
        if (!RpcStatusDetails.TryGetErrorInfo(exception.Status, out var info) || info.Domain != FlowErrorKind.Domain)
        {
            return new QueryFault(FlowErrorCode.WorkerLost, exception.Status.Message, IsOfTheWay: true, null);
        }

        return new QueryFault(
            FlowErrorKind.OfWire(info.Reason).Code, exception.Status.Message, IsOfTheWay: false, info.Metadata.TryGetValue(LostValue, out var lost) ? ToKey(lost) : null);
    }

    /// <summary>Reads <c>QUERY/STAGE/TASK/ATTEMPT</c>; null for anything else.</summary>
    private static TaskKey? ToKey(string text)
    {
        var parts = text.Split('/');
        return parts.Length >= 4
            && int.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out var stage)
            && int.TryParse(parts[^2], NumberStyles.None, CultureInfo.InvariantCulture, out var task)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? new TaskKey { QueryId = string.Join('/', parts[..^3]), Stage = stage, Task = task, Attempt = attempt }
            : null;
    }
}
