using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <summary>A socket whose other end is a client's connection; the test says which bytes the server sends, and sees which frames come.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket? _peer;

    public ScriptedServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");
    }

    public Uri Address { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Accepts a connection and reads the client's hello up to its first request.</summary>
    public async Task AcceptAsync()
    {
        _peer = await _listener.AcceptAsync(Token);
        var preface = new byte[24];
        await ReadAsync(preface);
        Assert.Equal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), preface);
        Assert.Equal(Http2FrameType.Settings, (await ReadFrameAsync()).Type);
        Assert.Equal(Http2FrameType.WindowUpdate, (await ReadFrameAsync()).Type);
        await SendAsync(Frame(Http2FrameType.Settings, 0, 0, []));
    }

    /// <summary>Reads until a frame of the kind comes.</summary>
    public async Task<(Http2FrameType Type, byte Flags, int StreamId, byte[] Payload)> ReadUntilAsync(Http2FrameType type)
    {
        while (true)
        {
            var frame = await ReadFrameAsync();
            if (frame.Type == type)
            {
                return frame;
            }
        }
    }

    public async Task SendAsync(params byte[][] frames) => await _peer!.SendAsync(frames.SelectMany(frame => frame).ToArray(), Token);

    /// <summary>Sends in pieces of a few bytes, so that every frame is cut everywhere.</summary>
    public async Task SendInPiecesAsync(int pieceBytes, params byte[][] frames)
    {
        _peer!.NoDelay = true;
        foreach (var piece in frames.SelectMany(frame => frame).Chunk(pieceBytes))
        {
            await _peer.SendAsync(piece, Token);
            await Task.Yield();
        }
    }

    public void Close() => _peer!.Dispose();

    public static byte[] Frame(Http2FrameType type, byte flags, int streamId, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>Status 200, or any other header block.</summary>
    public static byte[] Headers(int streamId, byte flags = Http2Flags.EndHeaders, byte[]? block = null) =>
        Frame(Http2FrameType.Headers, flags, streamId, block ?? [0x88]);

    /// <summary>Trailers with <c>t: 1</c>.</summary>
    public static byte[] Trailers(int streamId) =>
        Headers(streamId, Http2Flags.EndHeaders | Http2Flags.EndStream, [0x00, 0x01, (byte)'t', 0x01, (byte)'1']);

    public static byte[] Data(int streamId, byte[] bytes, byte flags = 0) => Frame(Http2FrameType.Data, flags, streamId, bytes);

    public async ValueTask DisposeAsync()
    {
        await Task.CompletedTask;
        _peer?.Dispose();
        _listener.Dispose();
    }

    public async Task<(Http2FrameType Type, byte Flags, int StreamId, byte[] Payload)> ReadFrameAsync()
    {
        var header = new byte[9];
        await ReadAsync(header);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >>> 8];
        await ReadAsync(payload);
        return ((Http2FrameType)header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    private async Task ReadAsync(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var read = await _peer!.ReceiveAsync(bytes.AsMemory(at), Token);
            Assert.NotEqual(0, read);
            at += read;
        }
    }
}
