using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Interop.Protos;

namespace OrleansFlow.Tests.Rpc.Interop;

/// <summary>The methods of <c>interop.proto</c>.</summary>
internal static class InteropMethods
{
    public const string Service = "grpc.testing.TestService";

    public static readonly RpcMethod<Empty, Empty> Empty = Describe<Empty, Empty>(RpcMethodKind.Unary, "EmptyCall");

    public static readonly RpcMethod<SimpleRequest, SimpleResponse> Unary =
        Describe<SimpleRequest, SimpleResponse>(RpcMethodKind.Unary, "UnaryCall");

    public static readonly RpcMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> StreamingOutput =
        Describe<StreamingOutputCallRequest, StreamingOutputCallResponse>(RpcMethodKind.ServerStreaming, "StreamingOutputCall");

    public static readonly RpcMethod<StreamingInputCallRequest, StreamingInputCallResponse> StreamingInput =
        Describe<StreamingInputCallRequest, StreamingInputCallResponse>(RpcMethodKind.ClientStreaming, "StreamingInputCall");

    public static readonly RpcMethod<StreamingOutputCallRequest, StreamingOutputCallResponse> FullDuplex =
        Describe<StreamingOutputCallRequest, StreamingOutputCallResponse>(RpcMethodKind.Duplex, "FullDuplexCall");

    public static readonly RpcMethod<Empty, Empty> Unimplemented = Describe<Empty, Empty>(RpcMethodKind.Unary, "UnimplementedCall");

    public static readonly RpcMethod<Empty, Empty> OfUnimplementedService =
        RpcMethod.Protobuf<Empty, Empty>(RpcMethodKind.Unary, "grpc.testing.UnimplementedService", "UnimplementedCall");

    private static RpcMethod<TRequest, TResponse> Describe<TRequest, TResponse>(RpcMethodKind kind, string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        RpcMethod.Protobuf<TRequest, TResponse>(kind, Service, name);
}
