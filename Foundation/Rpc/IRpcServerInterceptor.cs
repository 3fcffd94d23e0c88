namespace OrleansFlow.Rpc;

/// <summary>
/// Runs around every call of a server, as for authentication. Registered as a service; several run in the order of
/// registration. Throw <see cref="RpcException"/> to refuse a call before its request is read.
/// </summary>
public interface IRpcServerInterceptor
{
    /// <summary>Runs around one call.</summary>
    /// <param name="context">The call; <see cref="RpcServerContext.Items"/> carries findings to the handler.</param>
    /// <param name="nextAsync">The rest of the call: further interceptors, then the handler. At most once.</param>
    Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync);
}
