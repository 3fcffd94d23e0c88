namespace OrleansFlow.Rpc;

/// <summary>
/// Runs around every call of a channel, as for tokens, tracing and metrics. Several run in the order of
/// <see cref="RpcChannelOptions.Interceptors"/>, the first outermost. One instance serves all calls, so it must be thread-safe.
/// </summary>
public interface IRpcClientInterceptor
{
    /// <summary>Runs around one call.</summary>
    /// <param name="context">The call; metadata added before <paramref name="nextAsync"/> is sent.</param>
    /// <param name="nextAsync">
    /// The rest of the call: it ends when the call has ended, for streams too, and throws <see cref="RpcException"/> when it
    /// ended badly (<see cref="RpcStatusCode.Cancelled"/> when the caller gave it up). Exactly once.
    /// </param>
    /// <remarks>
    /// What is thrown before <paramref name="nextAsync"/> fails the call before anything is sent; throw
    /// <see cref="RpcException"/>. What is thrown after it changes nothing: the caller has its outcome by then.
    /// </remarks>
    Task InterceptAsync(RpcClientContext context, Func<Task> nextAsync);
}
