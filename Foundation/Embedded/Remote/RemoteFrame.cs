using System.Buffers;
using OrleansFlow.Rpc;

namespace Orleans.Embedded.Remote;

/// <summary>A batch of records as bytes: <c>repeated bytes records = 1</c> in the encoding of Protocol Buffers. Dispose it.</summary>
internal sealed class RemoteFrame : IDisposable
{
    private const byte RecordTag = (1 << 3) | 2;
    private const int HeaderBytesMax = 6;

    private byte[] _buffer;

    public RemoteFrame(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public int RecordCount { get; private set; }

    public byte[] Buffer => _buffer;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>A frame with these bytes, whatever they are.</summary>
    public static RemoteFrame CopyOf(ReadOnlySpan<byte> bytes)
    {
        var frame = new RemoteFrame(bytes.Length);
        bytes.CopyTo(frame._buffer);
        frame.Length = bytes.Length;
        return frame;
    }

    public void Add(ReadOnlySpan<byte> record)
    {
        Grow(Length + HeaderBytesMax + record.Length);
        _buffer[Length++] = RecordTag;
        var rest = (uint)record.Length;
        while (rest >= 0x80)
        {
            _buffer[Length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _buffer[Length++] = (byte)rest;
        record.CopyTo(_buffer.AsSpan(Length));
        Length += record.Length;
        RecordCount++;
    }

    /// <summary>Finds the next record.</summary>
    /// <param name="position">Where to look; moves behind the record.</param>
    /// <returns>Where it begins and how long it is; null at the end.</returns>
    /// <exception cref="RemoteProtocolException">The bytes are no frame.</exception>
    public (int Start, int Length)? NextRecord(ref int position)
    {
        if (position >= Length)
        {
            return null;
        }

        if (_buffer[position++] != RecordTag)
        {
            throw new RemoteProtocolException($"Byte {position - 1} of a frame is {_buffer[position - 1]}; a record begins with {RecordTag}.");
        }

        ulong length = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (position >= Length || shift > 28)
            {
                throw new RemoteProtocolException($"The length of a record that begins before byte {position} of a frame is cut off or too long.");
            }

            var next = _buffer[position++];
            length |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        if (length == 0 || length > (ulong)(Length - position))
        {
            throw new RemoteProtocolException($"A record of {length} bytes is announced where {Length - position} are left in its frame.");
        }

        var start = position;
        position += (int)length;
        return (start, (int)length);
    }

    public async ValueTask ReadFromAsync(RpcBodyReader input, int size, CancellationToken cancellationToken)
    {
        // Grows with what has arrived: a length alone costs a hostile peer nothing and must not cost memory here.
        while (Length < size)
        {
            var count = Math.Min(size - Length, Math.Max(64 * 1024, Length));
            Grow(Length + count);
            await input.ReadExactlyAsync(_buffer.AsMemory(Length, count), cancellationToken);
            Length += count;
        }
    }

    public void Clear()
    {
        Length = 0;
        RecordCount = 0;
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Clear();
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Grow(int needed)
    {
        if (_buffer.Length >= needed)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(needed, _buffer.Length * 2L)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}

/// <summary>Frames on the connection.</summary>
internal sealed class RemoteFrameMarshaller(int frameBytesMax) : RpcMarshaller<RemoteFrame>
{
    public override int? MessageBytesMax => frameBytesMax;

    public override int GetSize(RemoteFrame message) => message.Length;

    public override ValueTask WriteAsync(RemoteFrame message, RpcBodyWriter output, int size, CancellationToken cancellationToken) =>
        output.WriteAsync(message.Bytes, cancellationToken);

    public override async ValueTask<RemoteFrame> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken)
    {
        var frame = new RemoteFrame(Math.Min(size, 64 * 1024));
        try
        {
            await frame.ReadFromAsync(input, size, cancellationToken);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }
}

/// <summary>The peer broke the protocol; its connection ends.</summary>
internal sealed class RemoteProtocolException(string message, Exception? inner = null) : OrleansException(message, inner!);
