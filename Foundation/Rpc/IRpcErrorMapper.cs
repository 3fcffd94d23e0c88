namespace OrleansFlow.Rpc;

/// <summary>
/// Turns a host's own exceptions into gRPC statuses. Registered as a service; the first mapper that knows an exception
/// decides. <see cref="RpcException"/> never comes here.
/// </summary>
public interface IRpcErrorMapper
{
    /// <summary>Maps an exception that left a handler.</summary>
    /// <returns>
    /// The status for the caller, which must hold no secret; null when the exception is not known here, which makes it
    /// <see cref="RpcStatusCode.Unknown"/> without details, and one log entry.
    /// </returns>
    RpcException? TryMap(Exception exception, RpcServerContext context);
}
