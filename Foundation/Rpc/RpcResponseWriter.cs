namespace OrleansFlow.Rpc;

/// <summary>Where a handler writes its stream of responses. One write at a time.</summary>
/// <typeparam name="TResponse">What the server sends.</typeparam>
public sealed class RpcResponseWriter<TResponse>
{
    private readonly RpcServerCall _call;
    private readonly RpcMarshaller<TResponse> _marshaller;

    internal RpcResponseWriter(RpcServerCall call, RpcMarshaller<TResponse> marshaller)
    {
        _call = call;
        _marshaller = marshaller;
    }

    /// <summary>
    /// Whether responses are compressed, from the next on, where <see cref="RpcServerContext.ResponseCompression"/> asks for
    /// it and the caller accepts it. At first true.
    /// </summary>
    public bool Compress { get; set; } = true;

    /// <summary>Sends one response; ends when the connection has taken it, which is the back-pressure.</summary>
    /// <param name="response">Not kept: its memory may be released when the task has ended.</param>
    /// <exception cref="OperationCanceledException">The caller is gone, or the handler has returned.</exception>
    /// <exception cref="InvalidOperationException">The write before has not ended.</exception>
    public ValueTask WriteAsync(TResponse response) => _call.WriteAsync(_marshaller, response, Compress);
}
