using System.Buffers;
using System.Buffers.Binary;

namespace OrleansFlow.Rpc.Http2;

/// <content>What frames mean.</content>
internal sealed partial class Http2DownloadConnection
{
    private ArrayBufferWriter<byte>? _headerBlock;
    private List<(string Name, string Value)>? _headers;
    private int _streamId;
    private int _dataLeft;
    private int _skipLeft;
    private int _lastFrameBytes;
    private byte _headerFlags;
    private bool _dataEnds;
    private bool _ended = true;
    private bool _goingAway;

    /// <summary>Stream of the next request.</summary>
    public int NextStreamId => _streamId == 0 ? 1 : _streamId + 2;

    /// <summary>Whether the server said that it has not begun with the request: sent again it runs once.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>What came after the body; empty until it has ended.</summary>
    public IReadOnlyList<(string Name, string Value)> Trailers { get; private set; } = [];

    private void Begin()
    {
        _streamId = NextStreamId;
        _headers = null;
        _headerBlock = null;
        _ended = false;
        _dataEnds = false;
        _credit = 0;
        Trailers = [];
    }

    /// <summary>Takes from the buffer until there are bytes of the body, the headers or the end.</summary>
    /// <returns>False when more must come first, or when the response has ended.</returns>
    private bool ParseBuffer(Span<byte> destination, out int read)
    {
        read = 0;
        while (true)
        {
            ThrowIfFailed();
            if (_dataLeft > 0)
            {
                if (_headers is null)
                {
                    throw Fail(Http2Errors.Protocol("a body came before its headers"));
                }

                read = Math.Min(Math.Min(_dataLeft, _end - _start), destination.Length);
                _buffer.AsSpan(_start, read).CopyTo(destination);
                _start += read;
                _dataLeft -= read;
                return read > 0;
            }

            if (!TrySkip())
            {
                return false;
            }

            if (_dataEnds)
            {
                _dataEnds = false;
                _ended = true;
            }

            if (_ended || !TryReadFrame())
            {
                return false;
            }

            if (_headers is not null && destination.IsEmpty)
            {
                // The headers are what was waited for.
                return true;
            }
        }
    }

    private bool TrySkip()
    {
        var skipped = Math.Min(_skipLeft, _end - _start);
        _start += skipped;
        _skipLeft -= skipped;
        return _skipLeft == 0;
    }

    private bool TryReadFrame()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        if (bytes.Length < Http2Writer.FrameHeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes) >>> 8;
        var type = (Http2FrameType)bytes[3];
        var flags = bytes[4];
        var streamId = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue;
        if (length > FrameBytesMax)
        {
            throw Fail(Http2Errors.Make(Http2Errors.FrameSizeError, $"The server sent a frame of {length} bytes; {FrameBytesMax} were allowed."));
        }

        if (_headerBlock is not null && type != Http2FrameType.Continuation)
        {
            throw Fail(Http2Errors.Protocol("headers are interrupted by another frame"));
        }

        if (type == Http2FrameType.Data)
        {
            return TryBeginData(bytes, length, flags, streamId);
        }

        if (type is > Http2FrameType.Continuation or Http2FrameType.Priority)
        {
            _start += Http2Writer.FrameHeaderBytes;
            _skipLeft = length;
            return true;
        }

        if (length > BufferBytes - Http2Writer.FrameHeaderBytes)
        {
            throw Fail(Http2Errors.Make(Http2Errors.FrameSizeError, $"The server sent a {type} frame of {length} bytes."));
        }

        if (bytes.Length < Http2Writer.FrameHeaderBytes + length)
        {
            return false;
        }

        _start += Http2Writer.FrameHeaderBytes + length;
        _lastFrameBytes = 0;
        Handle(type, flags, streamId, bytes.Slice(Http2Writer.FrameHeaderBytes, length));
        return true;
    }

    private bool TryBeginData(ReadOnlySpan<byte> bytes, int length, byte flags, int streamId)
    {
        var padding = 0;
        var prefix = (flags & Http2Flags.Padded) != 0 ? 1 : 0;
        if (prefix == 1)
        {
            if (bytes.Length == Http2Writer.FrameHeaderBytes)
            {
                return false;
            }

            padding = bytes[Http2Writer.FrameHeaderBytes];
        }

        if (streamId != _streamId || _ended || padding + prefix > length)
        {
            throw Fail(Http2Errors.Protocol($"a body frame of {length} bytes, {padding} of them padding, is out of place"));
        }

        _start += Http2Writer.FrameHeaderBytes + prefix;
        _dataLeft = length - padding - prefix;
        _skipLeft = padding;
        _lastFrameBytes = length;
        _dataEnds = (flags & Http2Flags.EndStream) != 0;
        if (padding + prefix > 0)
        {
            GiveCredit(padding + prefix);
        }

        return true;
    }

    private void Handle(Http2FrameType type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Http2FrameType.Headers when streamId == _streamId:
                BeginHeaders(flags, payload);
                break;
            case Http2FrameType.Continuation when streamId == _streamId && _headerBlock is not null:
                AddHeaders(flags, payload);
                break;
            case Http2FrameType.Headers or Http2FrameType.Continuation or Http2FrameType.PushPromise:
                throw Fail(Http2Errors.Protocol($"a {type} frame of stream {streamId} is out of place"));
            case Http2FrameType.Reset when streamId == _streamId && !_ended && payload.Length == 4:
                var code = BinaryPrimitives.ReadUInt32BigEndian(payload);
                WasRefused = code == Http2Errors.RefusedStream;
                throw Fail(Http2Errors.Make(code, $"The server reset the stream (HTTP/2 error {code})."));
            case Http2FrameType.Settings when (flags & Http2Flags.Ack) == 0:
                TrySend(Http2Writer.WriteSettingsAck);
                break;
            case Http2FrameType.Ping when (flags & Http2Flags.Ack) == 0 && payload.Length == 8:
                var echo = payload.ToArray();
                TrySend(control => Http2Writer.WritePing(control, echo, ack: true));
                break;
            case Http2FrameType.GoAway when payload.Length >= 8:
                _goingAway = true;
                var (last, reason) = (BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue, BinaryPrimitives.ReadUInt32BigEndian(payload[4..]));
                if (!_ended && last < _streamId)
                {
                    WasRefused = true;
                    throw Fail(Http2Errors.Make(reason, $"The server is leaving and has not taken the request (HTTP/2 error {reason})."));
                }

                break;
            default:
                // Credit for requests, answers to our settings and pings, and what belongs to a stream that has ended.
                break;
        }
    }

    private void BeginHeaders(byte flags, ReadOnlySpan<byte> payload)
    {
        var start = ((flags & Http2Flags.Padded) != 0 ? 1 : 0) + ((flags & Http2Flags.Priority) != 0 ? 5 : 0);
        var padding = (flags & Http2Flags.Padded) != 0 && payload.Length > 0 ? payload[0] : 0;
        if (_ended || start + padding > payload.Length)
        {
            throw Fail(Http2Errors.Protocol("a header frame is out of place or cut"));
        }

        _headerBlock = new ArrayBufferWriter<byte>();
        _headerFlags = flags;
        AddHeaders(flags, payload[start..^padding]);
    }

    private void AddHeaders(byte flags, ReadOnlySpan<byte> payload)
    {
        var block = _headerBlock!;
        block.Write(payload);
        if (block.WrittenCount > BufferBytes)
        {
            throw Fail(Http2Errors.Protocol($"headers are longer than {BufferBytes} bytes"));
        }

        if ((flags & Http2Flags.EndHeaders) == 0)
        {
            return;
        }

        List<(string Name, string Value)> headers;
        try
        {
            headers = HpackDecoder.Decode(block.WrittenSpan);
        }
        catch (HttpProtocolException exception)
        {
            throw Fail(exception);
        }

        _headerBlock = null;
        var ends = (_headerFlags & Http2Flags.EndStream) != 0;
        if (_headers is null)
        {
            // Not yet the answer: 100 and its kind.
            if (!ends && headers.Exists(header => header.Name == ":status" && header.Value.StartsWith('1')))
            {
                return;
            }

            _headers = headers;
        }
        else
        {
            Trailers = headers;
            ends = true;
        }

        _ended = ends;
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw failure;
        }
    }
}
