namespace OrleansFlow.Rpc;

/// <summary>
/// A call with one request and many responses. Enumerate it once: that starts the call, reads as fast as it is enumerated,
/// and ends the call when the enumeration ends, early or not. Disposing is needed only after
/// <see cref="GetHeadersAsync"/> without an enumeration.
/// </summary>
/// <typeparam name="TResponse">What the server sends; each message belongs to whoever enumerates.</typeparam>
public sealed class RpcServerStreamingCall<TResponse> : IAsyncEnumerable<TResponse>
{
    private readonly Func<RpcClientCall> _start;
    private readonly RpcMarshaller<TResponse> _marshaller;
    private RpcClientCall? _call;
    private bool _enumerated;

    internal RpcServerStreamingCall(Func<RpcClientCall> start, RpcMarshaller<TResponse> marshaller)
    {
        _start = start;
        _marshaller = marshaller;
    }

    /// <summary>Whether the response that was read last came compressed.</summary>
    public bool ResponseCompressed => _call?.ResponseCompressed == true;

    /// <summary>Trailing metadata; empty until the enumeration has ended.</summary>
    public RpcMetadata Trailers => _call?.Trailers ?? [];

    /// <summary>Starts the call when it is not yet started and waits for the server's headers.</summary>
    /// <exception cref="RpcException">The server cannot be reached. A refusal shows in the enumeration.</exception>
    public Task<RpcMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) =>
        (_call ??= _start()).GetHeadersAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It was enumerated before.</exception>
    public async IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (_enumerated)
        {
            throw new InvalidOperationException("The responses of a call can be enumerated once; make the call again.");
        }

        _enumerated = true;
        var call = _call ??= _start();
        await using var _ = call.ConfigureAwait(false);
        while (await call.TryReadAsync(_marshaller, cancellationToken).ConfigureAwait(false) is { HasMessage: true } read)
        {
            yield return read.Message;
        }
    }

    /// <summary>Ends the call.</summary>
    /// <remarks>
    /// <c>await using</c> needs no interface for it; with <see cref="IAsyncDisposable"/> beside the enumeration
    /// <c>ConfigureAwait</c> would be ambiguous.
    /// </remarks>
    public ValueTask DisposeAsync() => _call?.DisposeAsync() ?? ValueTask.CompletedTask;
}
