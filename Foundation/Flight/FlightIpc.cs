using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Schemas as Flight's small messages carry them: an encapsulated IPC message (marker, length, metadata).</summary>
internal static class FlightIpc
{
    private const int PrefixBytes = 8;
    private const int ContinuationMarker = -1;

    public static ReadOnlyMemory<byte> WriteSchema(ArrowSchema schema)
    {
        using var encoder = new IpcEncoder(schema);
        using var message = encoder.EncodeSchema();
        var metadata = message.Metadata.Span;
        var padded = (metadata.Length + 7) / 8 * 8;
        var bytes = new byte[PrefixBytes + padded];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, ContinuationMarker);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), padded);
        metadata.CopyTo(bytes.AsSpan(PrefixBytes));
        return bytes;
    }

    /// <summary>Reads what <see cref="WriteSchema"/> writes, and the older form without a marker.</summary>
    /// <exception cref="RpcException">The bytes hold no schema.</exception>
    public static ArrowSchema ReadSchema(ReadOnlyMemory<byte> bytes)
    {
        var body = bytes;
        if (body.Length >= PrefixBytes && BinaryPrimitives.ReadInt32LittleEndian(body.Span) == ContinuationMarker)
        {
            body = body[4..];
        }

        var length = body.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(body.Span) : -1;
        if (length < 0 || length > body.Length - 4)
        {
            throw new RpcException(RpcStatusCode.Internal, $"The {bytes.Length} bytes of a schema are cut or of another format.");
        }

        try
        {
            using var decoder = new IpcDecoder();
            using var _ = decoder.Decode(body.Slice(4, length), ArrowBuffer.Empty);
            return decoder.Schema
                ?? throw new RpcException(RpcStatusCode.Internal, "The server sent a message that is no schema where one must be.");
        }
        catch (ArrowFormatException exception)
        {
            throw new RpcException(
                new RpcStatus(RpcStatusCode.Internal, $"The server's schema cannot be read: {exception.Message}"), innerException: exception);
        }
    }
}
