using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Where a message lies in a file.</summary>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="MetadataLength">Bytes of framing and metadata.</param>
/// <param name="BodyLength">Bytes of the body.</param>
internal readonly record struct IpcBlock(long Offset, int MetadataLength, long BodyLength);

/// <summary>Puts the framing around messages: continuation marker, length, metadata, body.</summary>
internal sealed class MessageFraming(Stream stream, int alignment)
{
    private static readonly byte[] Zeros = new byte[64];

    /// <summary>Bytes written so far.</summary>
    public long Position { get; private set; }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        Position += bytes.Length;
    }

    public async ValueTask WriteBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        Position += bytes.Length;
    }

    public IpcBlock Write(IpcMessage message)
    {
        var block = Plan(message);
        var head = Head(message, block);
        WriteBytes(head);
        foreach (var part in message.Body)
        {
            WriteBytes(part.Span);
        }

        return block;
    }

    public async ValueTask<IpcBlock> WriteAsync(IpcMessage message, CancellationToken cancellationToken)
    {
        var block = Plan(message);
        var head = Head(message, block);
        await WriteBytesAsync(head, cancellationToken).ConfigureAwait(false);
        foreach (var part in message.Body)
        {
            await WriteBytesAsync(part, cancellationToken).ConfigureAwait(false);
        }

        return block;
    }

    /// <summary>The marker behind the last message.</summary>
    public static byte[] EndOfStream()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, IpcFormat.Continuation);
        return bytes;
    }

    public static ReadOnlyMemory<byte> Padding(long length, int alignment) => Zeros.AsMemory(0, (int)(-length & (alignment - 1)));

    private IpcBlock Plan(IpcMessage message)
    {
        // Padded, so that the body starts on the boundary, counted from the start of the stream.
        var length = 8 + message.Metadata.Length;
        length += (int)(-(Position + length) & (alignment - 1));
        return new IpcBlock(Position, length, message.BodyLength);
    }

    private static byte[] Head(IpcMessage message, IpcBlock block)
    {
        var head = new byte[block.MetadataLength];
        BinaryPrimitives.WriteUInt32LittleEndian(head, IpcFormat.Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), block.MetadataLength - 8);
        message.Metadata.Span.CopyTo(head.AsSpan(8));
        return head;
    }
}
