using OrleansFlow.Errors;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Protocol;

/// <summary>Turns a gRPC status into the failure that the gateway meant.</summary>
internal static class RpcFailures
{
    public static FlowException Translate(RpcException exception, Uri gateway)
    {
        if (RpcStatusDetails.TryGetErrorInfo(exception.Status, out var detail) && detail.Domain == FlowErrorKind.Domain)
        {
            var kind = FlowErrorKind.OfWire(detail.Reason);
            return new FlowException(kind.Code, exception.Status.Message, Problems(exception.Status));
        }

        return exception.Code switch
        {
            RpcStatusCode.Unavailable => new FlowException(
                FlowErrorCode.GatewayUnreachable,
                $"The gateway at {gateway} does not answer ({exception.Status.Message}). Is the silo running? 'flow doctor' says more.",
                exception),
            RpcStatusCode.DeadlineExceeded => new FlowException(
                FlowErrorCode.DeadlineExceeded,
                $"The gateway at {gateway} did not answer in time; raise {FlowClientOptions.SectionName}:CallTimeout if it is slow.",
                exception),
            RpcStatusCode.Unauthenticated => new FlowException(
                FlowErrorCode.Unauthenticated, $"The gateway at {gateway} wants a token: set FLOW_TOKEN. ({exception.Status.Message})", exception),
            RpcStatusCode.Unimplemented => new FlowException(
                FlowErrorCode.Unsupported, $"The gateway at {gateway} does not offer this call: {exception.Status.Message}", exception),
            _ => new FlowException(FlowErrorCode.UnexpectedError, $"The gateway at {gateway} failed: {exception.Status}", exception),
        };
    }

    // The first detail is the failure itself; each further one is a problem of the refused document.
    private static IReadOnlyList<FlowProblem> Problems(RpcStatus status) =>
    [
        .. RpcStatusDetails.GetAll<Rpc.Protos.ErrorInfo>(status)
            .Skip(1)
            .Select(problem => new FlowProblem(
                problem.Reason,
                problem.Metadata.GetValueOrDefault("path", ""),
                problem.Metadata.GetValueOrDefault("message", ""))),
    ];
}
