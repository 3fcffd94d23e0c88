using System.Buffers.Binary;
using System.Text;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>A status as bytes: code (4), length of the message (4), message in UTF-8, details.</summary>
internal static class ExchangeStatus
{
    /// <summary>So that a refusal always fits the handshake.</summary>
    private const int BytesMax = 16 * 1024;

    private const int FixedBytes = 2 * sizeof(int);

    public static byte[] Write(RpcStatus status)
    {
        var message = Encoding.UTF8.GetBytes(status.Message.Length <= BytesMax / 4 ? status.Message : status.Message[..(BytesMax / 4)]);
        var details = status.Details.Length <= BytesMax ? status.Details.Span : default;
        var bytes = new byte[FixedBytes + message.Length + details.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)status.Code);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int)), message.Length);
        message.CopyTo(bytes, FixedBytes);
        details.CopyTo(bytes.AsSpan(FixedBytes + message.Length));
        return bytes;
    }

    public static RpcStatus Read(ReadOnlySpan<byte> bytes)
    {
        var code = bytes.Length >= FixedBytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : -1;
        var length = bytes.Length >= FixedBytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]) : -1;
        if (code is < (int)RpcStatusCode.Ok or > (int)RpcStatusCode.Unauthenticated || length < 0 || length > bytes.Length - FixedBytes)
        {
            throw ExchangeFaults.Make(RpcStatusCode.Internal, ExchangeFaults.Malformed, "The peer's status is not well-formed.");
        }

        return new RpcStatus((RpcStatusCode)code, Encoding.UTF8.GetString(bytes.Slice(FixedBytes, length)), bytes[(FixedBytes + length)..].ToArray());
    }
}
