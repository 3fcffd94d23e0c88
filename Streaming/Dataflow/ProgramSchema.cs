using System.Buffers.Binary;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Schemas as a program carries them: an encapsulated Arrow IPC message (marker, length, metadata).</summary>
public static class ProgramSchema
{
    private const int PrefixBytes = 8;
    private const int ContinuationMarker = -1;

    /// <summary>Writes a schema.</summary>
    public static ByteString Write(ArrowSchema schema)
    {
        using var encoder = new IpcEncoder(schema);
        using var message = encoder.EncodeSchema();
        var metadata = message.Metadata.Span;
        var padded = (metadata.Length + 7) / 8 * 8;
        var bytes = new byte[PrefixBytes + padded];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, ContinuationMarker);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), padded);
        metadata.CopyTo(bytes.AsSpan(PrefixBytes));
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    /// <param name="bytes">Empty for no schema.</param>
    /// <returns>Null when there are no bytes: the operator is a sink.</returns>
    /// <exception cref="FlowException">The bytes hold no schema (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ArrowSchema? Read(ByteString bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.IsEmpty)
        {
            return null;
        }

        var span = bytes.Span;
        var length = span.Length >= PrefixBytes && BinaryPrimitives.ReadInt32LittleEndian(span) == ContinuationMarker ? BinaryPrimitives.ReadInt32LittleEndian(span[4..]) : -1;
        try
        {
            if (length >= 0 && length <= span.Length - PrefixBytes)
            {
                using var decoder = new IpcDecoder();
                using var none = decoder.Decode(span.Slice(PrefixBytes, length), ArrowBuffer.Empty);
                return decoder.Schema ?? throw new ArrowFormatException("The message is no schema.");
            }
        }
        catch (ArrowFormatException exception)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"A schema of the program cannot be read: {exception.Message}", exception);
        }

        throw new FlowException(FlowErrorCode.BadGraph, $"The {bytes.Length} bytes of a schema of the program are cut or of another format.");
    }
}
