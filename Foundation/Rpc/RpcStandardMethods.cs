using OrleansFlow.Rpc.Protos;

namespace OrleansFlow.Rpc;

/// <summary>The methods of the services that every gRPC server may offer, for clients and servers.</summary>
public static class RpcStandardMethods
{
    /// <summary>Name of the health service.</summary>
    public const string HealthService = "grpc.health.v1.Health";

    /// <summary>Name of the reflection service.</summary>
    public const string ReflectionService = "grpc.reflection.v1.ServerReflection";

    /// <summary>Whether a service takes calls; <see cref="RpcStatusCode.NotFound"/> for one that is not known.</summary>
    public static RpcMethod<HealthCheckRequest, HealthCheckResponse> HealthCheck { get; } =
        RpcMethod.Protobuf<HealthCheckRequest, HealthCheckResponse>(RpcMethodKind.Unary, HealthService, "Check");

    /// <summary>Whether a service takes calls, now and after each change.</summary>
    public static RpcMethod<HealthCheckRequest, HealthCheckResponse> HealthWatch { get; } =
        RpcMethod.Protobuf<HealthCheckRequest, HealthCheckResponse>(RpcMethodKind.ServerStreaming, HealthService, "Watch");

    /// <summary>What the server offers.</summary>
    public static RpcMethod<ServerReflectionRequest, ServerReflectionResponse> Reflection { get; } =
        RpcMethod.Protobuf<ServerReflectionRequest, ServerReflectionResponse>(RpcMethodKind.Duplex, ReflectionService, "ServerReflectionInfo");
}
