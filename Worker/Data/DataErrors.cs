using OrleansFlow.Errors;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Data;

/// <summary>Failures of a worker's data service as statuses, with their code as the reason.</summary>
internal sealed class DataErrors : IRpcErrorMapper
{
    public RpcException? TryMap(Exception exception, RpcServerContext context) => TryMap(exception);

    public static RpcException? TryMap(Exception exception) => exception is FlowException failure ? ToRpc(failure) : null;

    public static RpcException ToRpc(FlowException failure) => new(
        RpcStatusDetails.WithErrorInfo((RpcStatusCode)failure.Kind.GrpcStatus, failure.Message, failure.Kind.Wire, FlowErrorKind.Domain), innerException: failure);
}
