using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// Cuts the received bytes into frames. Heads and metadata come through a small buffer; a body goes into memory of its own, received there
/// but for what the small buffer had of it already. Not thread-safe.
/// </summary>
internal sealed class ExchangeFrameReader(ExchangeTransport transport, ExchangeOptions options, RpcStatusCode malformedCode)
{
    private const int BufferBytes = 16 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private int _start;
    private int _end;

    /// <summary>Fills a whole target.</summary>
    /// <exception cref="RpcException"><c>exchange_truncated</c>: the connection ends before.</exception>
    public async ValueTask ReadExactlyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        while (!target.IsEmpty)
        {
            var buffered = Math.Min(target.Length, _end - _start);
            if (buffered > 0)
            {
                _buffer.AsMemory(_start, buffered).CopyTo(target);
                _start += buffered;
                target = target[buffered..];
            }
            else if (target.Length >= BufferBytes)
            {
                target = target[await ReceiveAsync(target, cancellationToken).ConfigureAwait(false)..];
            }
            else
            {
                _start = 0;
                _end = 0;
                _end = await ReceiveAsync(_buffer, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The next frame; null when the connection ends where a frame would begin.</summary>
    /// <exception cref="RpcException">What came is no frame, passes a limit, or is cut.</exception>
    public async ValueTask<ExchangeFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
            _end = await transport.ReceiveAsync(_buffer, cancellationToken).ConfigureAwait(false);
            if (_end == 0)
            {
                return null;
            }
        }

        var bytes = new byte[ExchangeFrameHead.Bytes];
        await ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        var head = Check(ExchangeFrameHead.TryRead(bytes));
        var appMetadata = await ReadBytesAsync(head.AppMetadataBytes, cancellationToken).ConfigureAwait(false);
        var header = await ReadBytesAsync(head.HeaderBytes, cancellationToken).ConfigureAwait(false);
        var body = await ReadBodyAsync(head.BodyBytes, cancellationToken).ConfigureAwait(false);
        return new ExchangeFrame(head.Kind, header, appMetadata, body);
    }

    /// <summary>Throws away whatever comes, up to the end of the connection.</summary>
    public async ValueTask DiscardAsync(CancellationToken cancellationToken)
    {
        while (await transport.ReceiveAsync(_buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
            // Nobody is interested any more.
        }
    }

    private ExchangeFrameHead Check(ExchangeFrameHead? read)
    {
        if (read is not { } head)
        {
            throw Malformed("its first bytes are none of a frame");
        }

        if (head.HeaderBytes < 0 || head.AppMetadataBytes < 0 || head.BodyBytes < 0)
        {
            throw Malformed("one of its lengths is negative");
        }

        if (head.HeaderBytes > options.MetadataBytesMax || head.AppMetadataBytes > options.MetadataBytesMax)
        {
            throw TooLarge($"metadata of {Math.Max(head.HeaderBytes, head.AppMetadataBytes)} bytes", options.MetadataBytesMax, nameof(options.MetadataBytesMax));
        }

        if (head.BodyBytes > options.BodyBytesMax)
        {
            throw TooLarge($"a body of {head.BodyBytes} bytes", options.BodyBytesMax, nameof(options.MessageBytesMax));
        }

        return head.Kind == ExchangeFrameKind.Message
            ? head.HeaderBytes > 0 ? head : throw Malformed("it has no Arrow metadata")
            : head is { HeaderBytes: 0, BodyBytes: 0 } ? head : throw Malformed($"a frame of kind {head.Kind} has parts that belong to Arrow messages");
    }

    private async ValueTask<byte[]> ReadBytesAsync(int length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return [];
        }

        var bytes = GC.AllocateUninitializedArray<byte>(length);
        await ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private async ValueTask<ArrowBuffer> ReadBodyAsync(long length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return ArrowBuffer.Empty;
        }

        ArrowBuffer body;
        try
        {
            body = options.Allocator.Allocate(length);
        }
        catch (OutOfMemoryException exception)
        {
            throw ExchangeFaults.Make(RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge, $"There is no memory for a body of {length} bytes; send smaller batches.", exception);
        }

        try
        {
            await ReadExactlyAsync(MemoryMarshal.AsMemory(body.Memory), cancellationToken).ConfigureAwait(false);
            return body;
        }
        catch
        {
            body.Release();
            throw;
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var received = await transport.ReceiveAsync(target, cancellationToken).ConfigureAwait(false);
        return received > 0 ? received : throw ExchangeFaults.Broken($"The connection to {transport.Peer} ended in the middle of a message.");
    }

    private RpcException Malformed(string what) =>
        ExchangeFaults.Make(malformedCode, ExchangeFaults.Malformed, $"A message of {transport.Peer} is not well-formed: {what}.");

    private RpcException TooLarge(string what, long limit, string option) =>
        ExchangeFaults.Make(
            RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge, $"A message of {transport.Peer} has {what}; at most {limit} are taken. Send smaller batches or raise {option}.");
}
