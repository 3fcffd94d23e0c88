using System.Runtime.CompilerServices;

namespace OrleansFlow.Rpc;

/// <summary>One call as the transport sees it: where messages come from and go to.</summary>
internal abstract class RpcServerCall
{
    public abstract RpcServerContext Context { get; }

    public abstract ValueTask<RpcReadResult<T>> TryReadAsync<T>(RpcMarshaller<T> marshaller, CancellationToken cancellationToken);

    /// <summary>Writes one response, after the response headers.</summary>
    /// <param name="marshaller">Makes the bytes.</param>
    /// <param name="message">The response.</param>
    /// <param name="compress">False to leave it uncompressed in a call whose responses are compressed.</param>
    /// <param name="flush">False where something follows at once: a small response then travels with it instead of alone.</param>
    public abstract ValueTask WriteAsync<T>(RpcMarshaller<T> marshaller, T message, bool compress = true, bool flush = true);

    /// <summary>Sends the response headers, and what was written without a flush. Does nothing when all of that is under way.</summary>
    public abstract ValueTask FlushAsync();

    public async IAsyncEnumerable<T> ReadAllAsync<T>(
        RpcMarshaller<T> marshaller, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var both = cancellationToken.CanBeCanceled && cancellationToken != Context.CancellationToken
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Context.CancellationToken)
            : null;
        var token = both?.Token ?? Context.CancellationToken;
        while (await TryReadAsync(marshaller, token).ConfigureAwait(false) is { HasMessage: true } read)
        {
            yield return read.Message;
        }
    }

    public async ValueTask<T> ReadSingleAsync<T>(RpcMarshaller<T> marshaller)
    {
        var first = await TryReadAsync(marshaller, Context.CancellationToken).ConfigureAwait(false);
        if (!first.HasMessage)
        {
            throw new RpcException(RpcStatusCode.Unimplemented, $"{Context.Method} takes one request; none came.");
        }

        var second = await TryReadAsync(marshaller, Context.CancellationToken).ConfigureAwait(false);
        if (!second.HasMessage)
        {
            return first.Message;
        }

        (first.Message as IDisposable)?.Dispose();
        (second.Message as IDisposable)?.Dispose();
        throw new RpcException(RpcStatusCode.Unimplemented, $"{Context.Method} takes one request; several came.");
    }
}
