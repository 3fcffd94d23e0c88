using System.IO.Pipelines;
using System.Net;

namespace OrleansFlow.Rpc;

/// <summary>
/// A request body that the caller writes message by message. The HTTP client opens it when the call's headers are sent and
/// holds it open until <see cref="Complete"/> or <see cref="Abort"/>; nothing is queued in between.
/// </summary>
internal sealed class RpcRequestStream<TRequest>(
    RpcMarshaller<TRequest> marshaller, string method, bool compressed, int bytesMax) : HttpContent
{
    private readonly TaskCompletionSource<RpcBodyWriter> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _compressed = compressed;
    private int _writing;

    /// <summary>Whether requests are compressed from the next on.</summary>
    /// <exception cref="InvalidOperationException">Set, and the call's headers have not announced it.</exception>
    public bool Compress
    {
        get;
        set => field = !value || _compressed
            ? value
            : throw new InvalidOperationException($"{method} was begun without compression, so its requests cannot be compressed; begin it with gzip.");
    }
    = compressed;

    public async ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException($"Two requests of {method} are written at once; await each write before the next.");
        }

        try
        {
            if (_ended.Task.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException($"The requests of {method} are completed; nothing can be written after that.");
            }

            var output = await _opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            await RpcFrame.WriteAsync(output, marshaller, request, Compress, bytesMax, flush: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public void Complete() => _ended.TrySetResult();

    /// <summary>Ends the body as broken, which resets the call; writers fail. Does nothing after the end.</summary>
    public void Abort()
    {
        _ended.TrySetCanceled();
        _opened.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // The headers go out now: a duplex peer may speak first.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            _opened.TrySetResult(new RpcBodyWriter(pipe, direct: true));
            await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Covers the server that ends the call first, even before the body was open: writes must fail instead of waiting.
            _ended.TrySetCanceled(CancellationToken.None);
            _opened.TrySetCanceled(CancellationToken.None);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
