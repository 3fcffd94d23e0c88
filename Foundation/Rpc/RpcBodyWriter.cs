using System.Buffers;
using System.IO.Pipelines;

namespace OrleansFlow.Rpc;

/// <summary>Where a marshaller writes one message. Not thread-safe; valid only during the marshaller's call.</summary>
public sealed class RpcBodyWriter : IBufferWriter<byte>
{
    /// <summary>
    /// How much is handed to the connection at once. Each handing over costs changes of threads in the server: on loopback 64 KiB take a
    /// quarter more processor time a byte than 256 KiB, and 1 MiB gains nothing more.
    /// </summary>
    internal const int ChunkBytes = 256 * 1024;

    /// <summary>
    /// How much of small messages may wait for the next one: a frame of HTTP/2 as most peers take it. More would gain little, and a peer that
    /// does not read makes the server hold it.
    /// </summary>
    internal const int GatheredBytesMax = 16 * 1024;

    /// <summary>Less than this is cheaper to copy than to send by itself.</summary>
    private const int DirectBytesMin = 4 * 1024;

    private readonly PipeWriter _pipe;
    private readonly bool _direct;

    /// <summary>Writes to a connection.</summary>
    /// <param name="pipe">The connection's end.</param>
    /// <param name="direct">Whether the pipe hands long memory to its stream without a copy, as one over a stream does.</param>
    internal RpcBodyWriter(PipeWriter pipe, bool direct)
    {
        _pipe = pipe;
        _direct = direct;
    }

    /// <summary>Bytes written since the last flush.</summary>
    internal int UnflushedBytes { get; private set; }

    /// <summary>Bytes written since <see cref="BeginMessage"/>.</summary>
    internal long MessageBytes { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _pipe.Advance(count);
        UnflushedBytes += count;
        MessageBytes += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => _pipe.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => _pipe.GetSpan(sizeHint);

    /// <summary>
    /// Writes bytes of any length straight from their memory, a chunk at a time, waiting whenever the peer has not made
    /// room. The memory may be released when the returned task has ended.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the peer went away.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_direct && bytes.Length >= DirectBytesMin)
        {
            UnflushedBytes = 0;
            MessageBytes += bytes.Length;
            ThrowIfEnded(await _pipe.WriteAsync(bytes, cancellationToken).ConfigureAwait(false));
            return;
        }

        while (bytes.Length > 0)
        {
            var take = Math.Min(bytes.Length, Math.Max(ChunkBytes - UnflushedBytes, 1));
            _pipe.Write(bytes.Span[..take]);
            UnflushedBytes += take;
            MessageBytes += take;
            bytes = bytes[take..];
            if (UnflushedBytes >= ChunkBytes)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    internal void BeginMessage() => MessageBytes = 0;

    internal async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        UnflushedBytes = 0;
        ThrowIfEnded(await _pipe.FlushAsync(cancellationToken).ConfigureAwait(false));
    }

    private static void ThrowIfEnded(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("The peer ended the call before everything was written.");
        }
    }
}
