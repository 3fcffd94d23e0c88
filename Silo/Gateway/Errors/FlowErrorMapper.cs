using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Protos;

namespace OrleansFlow.Silo.Gateway.Errors;

/// <summary>
/// Makes gRPC statuses: the code of the failure's kind, <c>google.rpc.ErrorInfo</c> with the failure's own code as reason, and one more for
/// each problem of a refused document.
/// </summary>
internal sealed partial class FlowErrorMapper(ILogger<FlowErrorMapper> logger) : IRpcErrorMapper
{
    // Trailers live in HTTP/2 header space, of which many clients take no more than 8 or 16 KiB; the message travels twice in them.
    private const int MessageCharsMax = 1_500;
    private const int ProblemCharsMax = 2_500;

    public RpcException? TryMap(Exception exception, RpcServerContext context)
    {
        if (exception is RpcException or OperationCanceledException)
        {
            return null;
        }

        var failure = FlowFailures.Translate(exception);
        if (failure.Code == FlowErrorCode.UnexpectedError)
        {
            LogUnexpected(exception, context.Method);
        }

        return new RpcException(ToStatus(failure), innerException: exception);
    }

    /// <summary>The status of a failure.</summary>
    public static RpcStatus ToStatus(FlowException failure)
    {
        var kind = failure.Kind;
        var details = new List<IMessage> { new ErrorInfo { Reason = kind.Wire, Domain = FlowErrorKind.Domain } };
        var chars = 0;
        foreach (var problem in failure.Problems)
        {
            chars += problem.Code.Length + problem.Path.Length + problem.Message.Length;
            if (chars > ProblemCharsMax)
            {
                break;
            }

            details.Add(new ErrorInfo
            {
                Reason = problem.Code,
                Domain = FlowErrorKind.Domain,
                Metadata = { ["path"] = problem.Path, ["message"] = problem.Message },
            });
        }

        var shown = details.Count - 1;
        if (shown < failure.Problems.Count)
        {
            details[0] = new ErrorInfo
            {
                Reason = kind.Wire,
                Domain = FlowErrorKind.Domain,
                Metadata = { ["problems_left_off"] = $"{failure.Problems.Count - shown}" },
            };
        }

        var message = failure.Message.Length <= MessageCharsMax ? failure.Message : failure.Message[..MessageCharsMax] + "...";
        return RpcStatusDetails.Create((RpcStatusCode)kind.GrpcStatus, message, [.. details]);
    }

    [LoggerMessage(EventId = 6201, Level = LogLevel.Error, Message = "Call {Method} failed in a way that nobody foresaw; its caller got unexpected_error")]
    private partial void LogUnexpected(Exception exception, string method);
}
