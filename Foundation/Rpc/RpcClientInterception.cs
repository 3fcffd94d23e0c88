namespace OrleansFlow.Rpc;

/// <summary>The interceptors around one call: they start it, and learn its end.</summary>
internal sealed class RpcClientInterception
{
    private readonly IReadOnlyList<IRpcClientInterceptor> _interceptors;
    private readonly RpcClientContext _context;
    private readonly Func<Task<HttpResponseMessage>> _sendAsync;
    private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<RpcStatus> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _chain;

    public RpcClientInterception(
        IReadOnlyList<IRpcClientInterceptor> interceptors, RpcClientContext context, Func<Task<HttpResponseMessage>> sendAsync)
    {
        _interceptors = interceptors;
        _context = context;
        _sendAsync = sendAsync;
        _chain = RunAsync();
    }

    /// <summary>The response, or why there is none.</summary>
    public Task<HttpResponseMessage> Response => _response.Task;

    /// <summary>Tells the interceptors how the call ended. Only the first time counts.</summary>
    public void End(RpcStatus status) => _end.TrySetResult(status);

    /// <summary>Stops waiting for interceptors that have not let the call go on.</summary>
    public void Stop(CancellationToken cancellationToken) => _response.TrySetCanceled(cancellationToken);

    /// <summary>Waits until every interceptor has returned. Throws nothing.</summary>
    public async Task CloseAsync() => await _chain.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task RunAsync()
    {
        try
        {
            await NextAsync(0).ConfigureAwait(false);
            _response.TrySetException(new RpcException(
                RpcStatusCode.Internal, $"{_context.Method}: an interceptor of the channel ended without letting the call go on."));
        }
        catch (Exception exception)
        {
            // Before the response it is the call's failure; after it the caller has an outcome already.
            _response.TrySetException(exception);
        }
    }

    private Task NextAsync(int index) => index == _interceptors.Count
        ? CallAsync()
        : _interceptors[index].InterceptAsync(_context, () => NextAsync(index + 1));

    private async Task CallAsync()
    {
        try
        {
            var response = await _sendAsync().ConfigureAwait(false);
            if (!_response.TrySetResult(response))
            {
                response.Dispose();
            }
        }
        catch (Exception exception)
        {
            _response.TrySetException(exception);
        }

        var status = await _end.Task.ConfigureAwait(false);
        if (!status.IsOk)
        {
            throw new RpcException(status);
        }
    }
}
