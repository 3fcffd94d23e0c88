using System.Buffers;

namespace OrleansFlow.Rpc;

/// <summary>
/// What a marshaller reads one message from. Small pieces come out of a buffer, large ones go from the connection straight
/// to the memory they are read into. Not thread-safe; valid only during the marshaller's call.
/// </summary>
public sealed class RpcBodyReader : IDisposable
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>More than this goes past the buffer: the copy through it would cost more than the extra read.</summary>
    private const int DirectBytesMin = 4 * 1024;

    private readonly Stream _stream;
    private byte[] _buffer = [];
    private byte[]? _block;
    private int _start;
    private int _end;

    internal RpcBodyReader(Stream stream)
    {
        _stream = stream;
    }

    /// <summary>Bytes of the current message that are not read yet.</summary>
    public int Remaining { get; private set; }

    /// <summary>Fills the memory from the message.</summary>
    /// <exception cref="RpcException">The message, or the stream, ends before.</exception>
    public async ValueTask ReadExactlyAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        Take(destination.Length);
        while (destination.Length > 0)
        {
            if (_end > _start)
            {
                var take = Math.Min(destination.Length, _end - _start);
                _buffer.AsMemory(_start, take).CopyTo(destination);
                _start += take;
                destination = destination[take..];
            }
            else if (destination.Length >= DirectBytesMin)
            {
                var read = await _stream.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
                ThrowIfEnded(read);
                destination = destination[read..];
            }
            else
            {
                ThrowIfEnded(await FillAsync(cancellationToken).ConfigureAwait(false));
            }
        }
    }

    /// <summary>The next bytes of the message, in memory that is valid until the next read.</summary>
    /// <exception cref="RpcException">The message, or the stream, ends before.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBlockAsync(int count, CancellationToken cancellationToken)
    {
        if (count <= BufferBytes)
        {
            Take(count);
            while (_end - _start < count)
            {
                ThrowIfEnded(await FillAsync(cancellationToken).ConfigureAwait(false));
            }

            var block = _buffer.AsMemory(_start, count);
            _start += count;
            return block;
        }

        ReleaseBlock();
        _block = ArrayPool<byte>.Shared.Rent(count);
        await ReadExactlyAsync(_block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        return _block.AsMemory(0, count);
    }

    /// <summary>Reads a Protocol Buffers variable-length integer: a tag, or a length.</summary>
    /// <exception cref="RpcException">It is longer than ten bytes, or the message ends inside it.</exception>
    public async ValueTask<ulong> ReadVarintAsync(CancellationToken cancellationToken)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            Take(1);
            if (_start == _end)
            {
                ThrowIfEnded(await FillAsync(cancellationToken).ConfigureAwait(false));
            }

            var octet = _buffer[_start++];
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }

        throw new RpcException(RpcStatusCode.Internal, "A variable-length integer of a message is longer than ten bytes.");
    }

    /// <summary>Leaves out bytes of the message.</summary>
    /// <exception cref="RpcException">The message, or the stream, ends before.</exception>
    public async ValueTask SkipAsync(int count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            var step = Math.Min(count, BufferBytes);
            await ReadBlockAsync(step, cancellationToken).ConfigureAwait(false);
            count -= step;
        }
    }

    /// <summary>Gives the buffers back. The underlying stream stays open.</summary>
    public void Dispose()
    {
        ReleaseBlock();
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _start = _end = 0;
    }

    /// <summary>Opens the next message of the stream: its size is all that may be read.</summary>
    internal void BeginMessage(int size) => Remaining = size;

    /// <summary>Fills the five bytes before a message; false at a clean end of the stream.</summary>
    internal async ValueTask<bool> TryReadPrefixAsync(Memory<byte> prefix, CancellationToken cancellationToken)
    {
        while (_end - _start < prefix.Length)
        {
            if (await FillAsync(cancellationToken).ConfigureAwait(false) == 0)
            {
                if (_end == _start)
                {
                    return false;
                }

                ThrowIfEnded(0);
            }
        }

        _buffer.AsMemory(_start, prefix.Length).CopyTo(prefix);
        _start += prefix.Length;
        return true;
    }

    private static void ThrowIfEnded(int read)
    {
        if (read == 0)
        {
            throw new RpcException(RpcStatusCode.Internal, "The stream ended in the middle of a message.");
        }
    }

    private void Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Remaining)
        {
            throw new RpcException(
                RpcStatusCode.Internal, $"A message ends {count - Remaining} bytes before the {count} bytes that it announces.");
        }

        Remaining -= count;
    }

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }

        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            // What is left is part of one small piece; moving it keeps the piece contiguous.
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read;
    }

    private void ReleaseBlock()
    {
        if (_block is not null)
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = null;
        }
    }
}
