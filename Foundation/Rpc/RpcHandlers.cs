namespace OrleansFlow.Rpc;

/// <summary>Answers one request.</summary>
public delegate Task<TResponse> RpcUnaryHandler<TRequest, TResponse>(TRequest request, RpcServerContext context);

/// <summary>Answers one request with a sequence. It is enumerated as fast as the caller reads, and disposed in any case.</summary>
public delegate IAsyncEnumerable<TResponse> RpcServerStreamingHandler<TRequest, TResponse>(
    TRequest request, RpcServerContext context);

/// <summary>Answers one request by writing responses.</summary>
public delegate Task RpcServerStreamingWriteHandler<TRequest, TResponse>(
    TRequest request, RpcResponseWriter<TResponse> responses, RpcServerContext context);

/// <summary>Answers a stream of requests once. Requests can be enumerated once; they are read as fast as enumerated.</summary>
public delegate Task<TResponse> RpcClientStreamingHandler<TRequest, TResponse>(
    IAsyncEnumerable<TRequest> requests, RpcServerContext context);

/// <summary>Answers a stream with a sequence.</summary>
public delegate IAsyncEnumerable<TResponse> RpcDuplexHandler<TRequest, TResponse>(
    IAsyncEnumerable<TRequest> requests, RpcServerContext context);

/// <summary>Answers a stream by writing responses, each side at its own pace.</summary>
public delegate Task RpcDuplexWriteHandler<TRequest, TResponse>(
    IAsyncEnumerable<TRequest> requests, RpcResponseWriter<TResponse> responses, RpcServerContext context);
