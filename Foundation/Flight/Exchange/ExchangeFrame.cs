using System.Buffers.Binary;
using OrleansFlow.Arrow;

namespace OrleansFlow.Flight.Exchange;

/// <summary>What a frame is.</summary>
internal enum ExchangeFrameKind : byte
{
    /// <summary>An Arrow message (schema, dictionary or batch), with application metadata.</summary>
    Message = 1,

    /// <summary>Application metadata alone, in its place between the batches.</summary>
    Metadata = 2,

    /// <summary>The sender sends nothing more; the other direction goes on.</summary>
    End = 3,

    /// <summary>The listener's last frame: how the stream ended. From a client: it cancels.</summary>
    Status = 4,
}

/// <summary>
/// The fixed start of every frame, little-endian: kind (1 byte), three zero bytes, length of the Arrow metadata (4), length of the
/// application metadata (4), four zero bytes, length of the body (8). The three parts follow in the order application metadata, Arrow
/// metadata, body.
/// </summary>
internal readonly record struct ExchangeFrameHead(ExchangeFrameKind Kind, int HeaderBytes, int AppMetadataBytes, long BodyBytes)
{
    public const int Bytes = 24;

    public void Write(Span<byte> target)
    {
        target[..Bytes].Clear();
        target[0] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], AppMetadataBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], BodyBytes);
    }

    /// <summary>Reads a head; null when its fixed bytes are not those of a frame. Lengths are not checked here.</summary>
    public static ExchangeFrameHead? TryRead(ReadOnlySpan<byte> source)
    {
        var kind = (ExchangeFrameKind)source[0];
        return kind is >= ExchangeFrameKind.Message and <= ExchangeFrameKind.Status
            && (source[1] | source[2] | source[3]) == 0
            && BinaryPrimitives.ReadInt32LittleEndian(source[12..]) == 0
            ? new ExchangeFrameHead(
                kind,
                BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
                BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[16..]))
            : null;
    }
}

/// <summary>A frame that was received; whoever has it releases its body.</summary>
internal readonly record struct ExchangeFrame(ExchangeFrameKind Kind, byte[] Header, byte[] AppMetadata, ArrowBuffer Body);
