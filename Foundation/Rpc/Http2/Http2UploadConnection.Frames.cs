using System.Buffers;
using System.Buffers.Binary;

namespace OrleansFlow.Rpc.Http2;

/// <content>What the server's frames mean.</content>
internal sealed partial class Http2UploadConnection
{
    /// <summary>Responses of uploads are short: the smallest frames do.</summary>
    private const int FrameBytesMax = Http2Writer.FrameBytesMin;

    private const int HeaderBytesMax = 64 * 1024;
    private const int ServerFrameBytesMax = (1 << 24) - 1;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(4 * FrameBytesMax);
    private int _start;
    private int _end;
    private ArrayBufferWriter<byte>? _headerBlock;
    private List<(string Name, string Value)>? _headers;
    private byte _headerFlags;

    /// <summary>Handles every whole frame in the buffer, and makes room for the rest of the next.</summary>
    private void ReadFrames()
    {
        while (_end - _start >= Http2Writer.FrameHeaderBytes)
        {
            var bytes = _buffer.AsSpan(_start, _end - _start);
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes) >>> 8;
            if (length > FrameBytesMax)
            {
                throw Http2Errors.Make(Http2Errors.FrameSizeError, $"The server sent a frame of {length} bytes; {FrameBytesMax} were allowed.");
            }

            if (bytes.Length < Http2Writer.FrameHeaderBytes + length)
            {
                break;
            }

            _start += Http2Writer.FrameHeaderBytes + length;
            var type = (Http2FrameType)bytes[3];
            if (_headerBlock is not null && type != Http2FrameType.Continuation)
            {
                throw Http2Errors.Protocol("headers are interrupted by another frame");
            }

            var streamId = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue;
            Handle(type, bytes[4], streamId, bytes.Slice(Http2Writer.FrameHeaderBytes, length));
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
    }

    private void Handle(Http2FrameType type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        // Of the last call alone; what belongs to one before it has ended with it.
        var call = _call?.StreamId == streamId ? _call : null;
        switch (type)
        {
            case Http2FrameType.Data when call is { ReceivedEnd: false } && _headers is not null:
                HandleData(call, flags, payload);
                break;
            case Http2FrameType.Headers when call is { ReceivedEnd: false }:
                _headerBlock = new ArrayBufferWriter<byte>();
                _headerFlags = flags;
                AddHeaders(call, flags, Unpad(flags, payload, (flags & Http2Flags.Priority) != 0 ? 5 : 0));
                break;
            case Http2FrameType.Continuation when call is not null && _headerBlock is not null:
                AddHeaders(call, flags, payload);
                break;
            case Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.Continuation or Http2FrameType.PushPromise:
                throw Http2Errors.Protocol($"a {type} frame of stream {streamId} is out of place");
            case Http2FrameType.Reset or Http2FrameType.WindowUpdate when payload.Length != 4:
            case Http2FrameType.Settings when payload.Length % 6 != 0:
            case Http2FrameType.Ping when payload.Length != 8:
            case Http2FrameType.GoAway when payload.Length < 8:
                throw Http2Errors.Make(Http2Errors.FrameSizeError, $"The server sent a {type} frame of {payload.Length} bytes.");
            case Http2FrameType.Reset when call is { ReceivedEnd: false }:
                var code = BinaryPrimitives.ReadUInt32BigEndian(payload);
                throw Http2Errors.Make(code, $"The server reset the stream (HTTP/2 error {code}).");
            case Http2FrameType.WindowUpdate:
                Widen(call, streamId, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            case Http2FrameType.Settings when (flags & Http2Flags.Ack) == 0:
                ReadSettings(payload);
                Queue(Http2Writer.WriteSettingsAck);
                break;
            case Http2FrameType.Ping when (flags & Http2Flags.Ack) == 0:
                var echo = payload.ToArray();
                Queue(control => Http2Writer.WritePing(control, echo, ack: true));
                break;
            case Http2FrameType.GoAway:
                Leave(BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
        }
    }

    private void Leave(int last)
    {
        Http2Upload? call;
        lock (_gate)
        {
            _goingAway = true;
            call = _call;
        }

        if (call is { ReceivedEnd: false } && call.StreamId > last)
        {
            throw Leaving();
        }
    }

    private void HandleData(Http2Upload call, byte flags, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            call.UnreadBytes += payload.Length;
            if (call.UnreadBytes > _responseWindowBytes)
            {
                throw Http2Errors.Make(Http2Errors.FlowControlError, $"The server sent more than the {_responseWindowBytes} bytes that were allowed.");
            }
        }

        var body = Unpad(flags, payload, prefix: 0);
        call.Receive(body);
        if ((flags & Http2Flags.EndStream) != 0)
        {
            EndResponse(call, []);
        }
        else if (body.Length < payload.Length)
        {
            GiveCredit(call, payload.Length - body.Length);
        }
    }

    private static ReadOnlySpan<byte> Unpad(byte flags, ReadOnlySpan<byte> payload, int prefix)
    {
        var (start, padding) = (prefix, 0);
        if ((flags & Http2Flags.Padded) != 0)
        {
            (start, padding) = (prefix + 1, payload.IsEmpty ? 1 : payload[0]);
        }

        return start + padding <= payload.Length
            ? payload[start..^padding]
            : throw Http2Errors.Protocol($"a frame of {payload.Length} bytes has {padding} bytes of padding");
    }

    private void AddHeaders(Http2Upload call, byte flags, ReadOnlySpan<byte> payload)
    {
        var block = _headerBlock!;
        block.Write(payload);
        if (block.WrittenCount > HeaderBytesMax)
        {
            throw Http2Errors.Protocol($"headers are longer than {HeaderBytesMax} bytes");
        }

        if ((flags & Http2Flags.EndHeaders) == 0)
        {
            return;
        }

        _headerBlock = null;
        var headers = HpackDecoder.Decode(block.WrittenSpan);
        var ends = (_headerFlags & Http2Flags.EndStream) != 0;
        if (_headers is not null)
        {
            EndResponse(call, headers);
        }
        else if (ends || !headers.Exists(header => header.Name == ":status" && header.Value.StartsWith('1')))
        {
            // Else it is not yet the answer: 100 and its kind.
            _headers = headers;
            call.ReceiveHeaders(headers);
            if (ends)
            {
                EndResponse(call, []);
            }
        }
    }

    /// <summary>The response has ended; when the request has not, the server does not want the rest, and the connection is of no use.</summary>
    private void EndResponse(Http2Upload call, List<(string Name, string Value)> trailers)
    {
        call.ReceiveEnd(trailers);
        bool early;
        lock (_gate)
        {
            early = !call.SendsEnd;
        }

        if (early)
        {
            End(call, new Http2EndedException());
        }
    }

    private void ReadSettings(ReadOnlySpan<byte> settings)
    {
        lock (_gate)
        {
            for (; !settings.IsEmpty; settings = settings[6..])
            {
                var value = BinaryPrimitives.ReadUInt32BigEndian(settings[2..]);
                switch (BinaryPrimitives.ReadUInt16BigEndian(settings))
                {
                    case 0x4 when value > int.MaxValue:
                        throw Http2Errors.Make(Http2Errors.FlowControlError, $"The server announced a window of {value} bytes.");
                    case 0x4:
                        // A smaller one may leave less than nothing of what is under way.
                        if (_call is { } call)
                        {
                            call.Window += value - _initialWindow;
                        }

                        _initialWindow = value;
                        break;
                    case 0x5 when value is < Http2Writer.FrameBytesMin or > ServerFrameBytesMax:
                        throw Http2Errors.Protocol($"frames of {value} bytes are announced");
                    case 0x5:
                        _serverFrameBytesMax = (int)value;
                        break;
                }
            }
        }

        OpenWindow();
    }

    private void Widen(Http2Upload? call, int streamId, int bytes)
    {
        if (bytes == 0)
        {
            throw Http2Errors.Protocol("a window is widened by nothing");
        }

        lock (_gate)
        {
            if (streamId == 0)
            {
                _connectionWindow += bytes;
            }
            else if (call is not null)
            {
                call.Window += bytes;
            }

            if (_connectionWindow > int.MaxValue || call?.Window > int.MaxValue)
            {
                throw Http2Errors.Make(Http2Errors.FlowControlError, "The server widened a window beyond 2 GiB.");
            }
        }

        OpenWindow();
    }
}
