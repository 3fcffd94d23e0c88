using System.Buffers.Binary;
using System.Text;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// The first bytes of both sides, little-endian: magic "OFEX", highest version (2 bytes), lowest version (2), length of what follows (4).
/// The client's is followed by its ticket and headers, each a length (4) and bytes; the listener's by a status when it refuses, else by nothing:
/// its version is the one that counts.
/// </summary>
internal static class ExchangeHandshake
{
    public const int StartBytes = 12;
    public const ushort Version = 1;

    /// <summary>A ticket and a token are far smaller, and this much any stranger can make a listener keep.</summary>
    public const int PayloadBytesMax = 64 * 1024;

    private const uint Magic = 'O' | ((uint)'F' << 8) | ((uint)'E' << 16) | ((uint)'X' << 24);

    public static byte[] WriteHello(FlightTicket ticket, IEnumerable<RpcMetadataEntry> headers)
    {
        using var payload = new MemoryStream();
        payload.Write(new byte[StartBytes]);
        WriteText(payload, ticket.Bytes.Span);
        foreach (var header in headers)
        {
            WriteText(payload, Encoding.ASCII.GetBytes(header.Key));
            WriteText(payload, Encoding.ASCII.GetBytes(header.Value));
        }

        var bytes = payload.ToArray();
        var length = bytes.Length - StartBytes;
        if (length > PayloadBytesMax)
        {
            throw new ArgumentException($"Ticket and headers have {length} bytes; a stream can be opened with at most {PayloadBytesMax}.", nameof(ticket));
        }

        WriteStart(bytes, length);
        return bytes;
    }

    /// <summary>The listener's answer.</summary>
    /// <param name="refusal">Why there will be no stream; null when there is one.</param>
    public static byte[] WriteAnswer(RpcStatus? refusal)
    {
        var payload = refusal is null ? [] : ExchangeStatus.Write(refusal);
        var bytes = new byte[StartBytes + payload.Length];
        payload.CopyTo(bytes.AsSpan(StartBytes));
        WriteStart(bytes, payload.Length);
        return bytes;
    }

    /// <summary>Checks the first bytes of a peer.</summary>
    /// <returns>Length of what follows.</returns>
    /// <exception cref="RpcException">It speaks something else, another version, or announces too much.</exception>
    public static int ReadStart(ReadOnlySpan<byte> start, int payloadBytesMax)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) != Magic)
        {
            throw ExchangeFaults.Make(RpcStatusCode.InvalidArgument, ExchangeFaults.BadMagic, "The peer's first bytes are none of the exchange protocol; check address and TLS on both sides.");
        }

        var highest = BinaryPrimitives.ReadUInt16LittleEndian(start[4..]);
        var lowest = BinaryPrimitives.ReadUInt16LittleEndian(start[6..]);
        if (lowest > Version || highest < Version)
        {
            throw ExchangeFaults.Make(
                RpcStatusCode.FailedPrecondition, ExchangeFaults.BadVersion, $"The peer speaks versions {lowest} to {highest} of the exchange protocol, this process {Version}; bring both to one release.");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        return length <= payloadBytesMax
            ? (int)length
            : throw ExchangeFaults.Make(RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge, $"The handshake announces {length} bytes; at most {payloadBytesMax} are taken.");
    }

    /// <summary>Reads what follows a client's start.</summary>
    public static (FlightTicket Ticket, RpcMetadata Headers) ReadHello(ReadOnlySpan<byte> payload)
    {
        var ticket = new FlightTicket(ReadText(ref payload).ToArray());
        var headers = new RpcMetadata();
        while (!payload.IsEmpty)
        {
            var key = Encoding.ASCII.GetString(ReadText(ref payload));
            var value = Encoding.ASCII.GetString(ReadText(ref payload));
            try
            {
                if (key.EndsWith(RpcMetadata.BinarySuffix, StringComparison.Ordinal))
                {
                    headers.Add(key, Convert.FromBase64String(value));
                }
                else
                {
                    headers.Add(key, value);
                }
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException)
            {
                throw Malformed($"one of its headers is not valid: {exception.Message}");
            }
        }

        return (ticket, headers);
    }

    private static void WriteStart(Span<byte> target, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], length);
    }

    private static void WriteText(MemoryStream target, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        target.Write(length);
        target.Write(bytes);
    }

    private static ReadOnlySpan<byte> ReadText(ref ReadOnlySpan<byte> payload)
    {
        var length = payload.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(payload) : -1;
        if (length < 0 || length > payload.Length - sizeof(int))
        {
            throw Malformed("a field is longer than the rest of it");
        }

        var text = payload.Slice(sizeof(int), length);
        payload = payload[(sizeof(int) + length)..];
        return text;
    }

    private static RpcException Malformed(string what) =>
        ExchangeFaults.Make(RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed, $"The handshake is not well-formed: {what}.");
}
