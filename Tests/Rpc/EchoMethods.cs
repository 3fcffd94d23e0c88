using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>The methods of <c>echo.proto</c>.</summary>
internal static class EchoMethods
{
    public const string Service = "orleansflow.tests.Echo";

    public static readonly RpcMethod<EchoRequest, EchoReply> Say = Describe(RpcMethodKind.Unary, "Say");
    public static readonly RpcMethod<EchoRequest, EchoReply> Repeat = Describe(RpcMethodKind.ServerStreaming, "Repeat");
    public static readonly RpcMethod<EchoRequest, EchoReply> Sum = Describe(RpcMethodKind.ClientStreaming, "Sum");
    public static readonly RpcMethod<EchoRequest, EchoReply> Chat = Describe(RpcMethodKind.Duplex, "Chat");
    public static readonly RpcMethod<EchoRequest, EchoReply> Wait = Describe(RpcMethodKind.Unary, "Wait");
    public static readonly RpcMethod<EchoRequest, EchoReply> Hold = Describe(RpcMethodKind.ClientStreaming, "Hold");
    public static readonly RpcMethod<EchoRequest, EchoReply> Missing = Describe(RpcMethodKind.Unary, "Missing");

    private static RpcMethod<EchoRequest, EchoReply> Describe(RpcMethodKind kind, string name) =>
        RpcMethod.Protobuf<EchoRequest, EchoReply>(kind, Service, name);
}
