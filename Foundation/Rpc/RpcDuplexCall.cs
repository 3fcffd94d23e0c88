using System.Runtime.CompilerServices;

namespace OrleansFlow.Rpc;

/// <summary>
/// A call with streams both ways. One side writes while the other reads, each one at a time. Disposing it before its end
/// cancels it.
/// </summary>
/// <typeparam name="TRequest">What the client sends.</typeparam>
/// <typeparam name="TResponse">What the server sends; each message belongs to whoever reads it.</typeparam>
public sealed class RpcDuplexCall<TRequest, TResponse> : IAsyncDisposable
{
    private readonly RpcClientCall _call;
    private readonly RpcRequestStream<TRequest> _requests;
    private readonly RpcMarshaller<TResponse> _marshaller;

    internal RpcDuplexCall(RpcClientCall call, RpcRequestStream<TRequest> requests, RpcMarshaller<TResponse> marshaller)
    {
        _call = call;
        _requests = requests;
        _marshaller = marshaller;
    }

    /// <summary>Whether the response that was read last came compressed.</summary>
    public bool ResponseCompressed => _call.ResponseCompressed;

    /// <summary>Trailing metadata; empty until the call has ended.</summary>
    public RpcMetadata Trailers => _call.Trailers;

    /// <summary>Whether requests are compressed, from the next on. At first what the call's options say.</summary>
    /// <exception cref="InvalidOperationException">Set to true in a call that was begun without compression.</exception>
    public bool CompressRequests
    {
        get => _requests.Compress;
        set => _requests.Compress = value;
    }

    /// <summary>Sends one request; ends when the connection has taken it.</summary>
    /// <exception cref="RpcException">The server has ended the call, or cannot be reached.</exception>
    /// <exception cref="InvalidOperationException">The write before has not ended, or the requests are completed.</exception>
    public async ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            await _requests.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw await _call.ExplainWriteFailureAsync(exception, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says that no more requests come. Responses go on until the server ends them.</summary>
    public ValueTask CompleteAsync()
    {
        _requests.Complete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads responses until the server ends them. An enumeration that stops early leaves the call open.</summary>
    /// <exception cref="RpcException">The call failed, or its deadline passed.</exception>
    public async IAsyncEnumerable<TResponse> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _call.TryReadAsync(_marshaller, cancellationToken).ConfigureAwait(false) is { HasMessage: true } read)
        {
            yield return read.Message;
        }
    }

    /// <summary>Waits for the server's headers.</summary>
    /// <exception cref="RpcException">The server cannot be reached.</exception>
    public Task<RpcMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) =>
        _call.GetHeadersAsync(cancellationToken);

    /// <summary>Ends the call.</summary>
    public ValueTask DisposeAsync() => _call.DisposeAsync();
}
