using Google.Protobuf;

namespace OrleansFlow.Rpc;

/// <summary>Makes method descriptions for Protocol Buffers messages.</summary>
public static class RpcMethod
{
    /// <summary>Describes a method whose messages protoc generated.</summary>
    /// <param name="kind">Which sides are streams.</param>
    /// <param name="service">Full service name with its package, as <c>orleansflow.v1.RunService</c>.</param>
    /// <param name="method">Method name, as <c>Submit</c>.</param>
    public static RpcMethod<TRequest, TResponse> Protobuf<TRequest, TResponse>(RpcMethodKind kind, string service, string method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(kind, service, method, ProtobufMarshaller<TRequest>.Instance, ProtobufMarshaller<TResponse>.Instance);
}
