using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansFlow.Rpc.Http2;

/// <summary>Frames of a client that sends little: its settings, one small request at a time, and credit.</summary>
internal static class Http2Writer
{
    public const int FrameHeaderBytes = 9;
    public const int FrameBytesMin = 16 * 1024;

    /// <summary>The preface, and settings that keep no header table, refuse pushes and announce window and frame size.</summary>
    public static void WritePreface(ArrayBufferWriter<byte> output, int streamWindowBytes, int frameBytesMax)
    {
        output.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        WriteHeader(output, 4 * 6, Http2FrameType.Settings, 0, 0);
        WriteSetting(output, 0x1, 0);
        WriteSetting(output, 0x2, 0);
        WriteSetting(output, 0x4, (uint)streamWindowBytes);
        WriteSetting(output, 0x5, (uint)frameBytesMax);
    }

    /// <summary>A request with its whole body; each part fits one frame of the smallest size.</summary>
    /// <returns>Whether it does; else nothing is written that may be sent.</returns>
    public static bool TryWriteRequest(ArrayBufferWriter<byte> output, int streamId, HttpRequestMessage request, ReadOnlySpan<byte> body)
    {
        if (body.Length > FrameBytesMin || !TryWriteHeaders(output, streamId, request))
        {
            return false;
        }

        WriteHeader(output, body.Length, Http2FrameType.Data, Http2Flags.EndStream, streamId);
        output.Write(body);
        return true;
    }

    /// <summary>The headers of a request whose body follows; they fit one frame of the smallest size.</summary>
    /// <returns>Whether they do; else nothing is written that may be sent.</returns>
    public static bool TryWriteHeaders(ArrayBufferWriter<byte> output, int streamId, HttpRequestMessage request)
    {
        var block = new ArrayBufferWriter<byte>();
        var address = request.RequestUri!;
        WriteField(block, ":method", request.Method.Method);
        WriteField(block, ":scheme", address.Scheme);
        WriteField(block, ":path", address.PathAndQuery);
        WriteField(block, ":authority", address.Authority);
        foreach (var headers in (IEnumerable<KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues>>[])[request.Headers.NonValidated, request.Content!.Headers.NonValidated])
        {
            foreach (var (name, values) in headers)
            {
                foreach (var value in values)
                {
                    WriteField(block, name.ToLowerInvariant(), value);
                }
            }
        }

        if (block.WrittenCount > FrameBytesMin)
        {
            return false;
        }

        WriteHeader(output, block.WrittenCount, Http2FrameType.Headers, Http2Flags.EndHeaders, streamId);
        output.Write(block.WrittenSpan);
        return true;
    }

    public static void WriteWindowUpdate(ArrayBufferWriter<byte> output, int streamId, int bytes)
    {
        WriteHeader(output, 4, Http2FrameType.WindowUpdate, 0, streamId);
        WriteUInt32(output, (uint)bytes);
    }

    public static void WriteSettingsAck(ArrayBufferWriter<byte> output) => WriteHeader(output, 0, Http2FrameType.Settings, Http2Flags.Ack, 0);

    public static void WritePing(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> payload, bool ack)
    {
        WriteHeader(output, payload.Length, Http2FrameType.Ping, ack ? Http2Flags.Ack : (byte)0, 0);
        output.Write(payload);
    }

    public static void WriteReset(ArrayBufferWriter<byte> output, int streamId, uint code)
    {
        WriteHeader(output, 4, Http2FrameType.Reset, 0, streamId);
        WriteUInt32(output, code);
    }

    private static void WriteHeader(ArrayBufferWriter<byte> output, int length, Http2FrameType type, byte flags, int streamId)
    {
        WriteHeader(output.GetSpan(FrameHeaderBytes), length, type, flags, streamId);
        output.Advance(FrameHeaderBytes);
    }

    /// <summary>The header of a frame.</summary>
    public static void WriteHeader(Span<byte> span, int length, Http2FrameType type, byte flags, int streamId)
    {
        BinaryPrimitives.WriteInt32BigEndian(span, length << 8);
        span[3] = (byte)type;
        span[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(span[5..], streamId);
    }

    private static void WriteSetting(ArrayBufferWriter<byte> output, ushort id, uint value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), id);
        output.Advance(2);
        WriteUInt32(output, value);
    }

    private static void WriteUInt32(ArrayBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    /// <summary>A literal without indexing: secrets such as tokens leave no trace in a table.</summary>
    private static void WriteField(ArrayBufferWriter<byte> block, string name, string value)
    {
        block.Write<byte>([0x00]);
        WriteText(block, name);
        WriteText(block, value);
    }

    private static void WriteText(ArrayBufferWriter<byte> block, string text)
    {
        var rest = text.Length;
        if (rest < 0x7F)
        {
            block.Write<byte>([(byte)rest]);
        }
        else
        {
            block.Write<byte>([0x7F]);
            for (rest -= 0x7F; rest >= 0x80; rest >>= 7)
            {
                block.Write<byte>([(byte)(rest | 0x80)]);
            }

            block.Write<byte>([(byte)rest]);
        }

        Encoding.Latin1.GetBytes(text, block);
    }
}
