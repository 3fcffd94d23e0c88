using System.Buffers;
using System.Net;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <summary>Uploads to a server whose every byte the test says.</summary>
public sealed partial class Http2UploadTests
{
    private const int TimeoutMs = 30_000;
    private const int PrefixBytes = 5;
    private const ushort InitialWindow = 4;
    private const ushort FrameSize = 5;

    private static readonly RpcMethod<byte[], byte[]> Method =
        new(RpcMethodKind.Duplex, "tests.Bulk", "Put", new BulkMarshaller<byte[]>(new BytesMarshaller()), new BytesMarshaller());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData(20_000, 20_000)]
    [InlineData(1024 * 1024, 256 * 1024)]
    public async Task Frames_AreAsLargeAsTheServerTakes(int announced, int expected)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using var call = channel.Duplex(Method);
        await server.AcceptAsync();
        await server.SendAsync(Settings((InitialWindow, 10_000_000), (FrameSize, announced)), Widen(0, 10_000_000));
        await server.ReadUntilAsync(Http2FrameType.Headers);
        await AskAsync(server);
        var body = RandomBytes(1_000_000);
        var writing = call.WriteAsync(body, Token).AsTask();
        var (received, sizes) = await ReadBodyAsync(server, PrefixBytes + body.Length);
        await writing;

        Assert.Equal(body, received[PrefixBytes..]);
        Assert.Equal(expected, sizes.Max());
        Assert.All(sizes[..^1], size => Assert.Equal(expected, size));
    }

    /// <summary>Windows of a few bytes, that the settings narrow and widen again.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData(10)]
    [InlineData(1)]
    public async Task Upload_WaitsForTheStreamsWindow(int window)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using var call = channel.Duplex(Method);
        await server.AcceptAsync();
        await server.SendAsync(Settings((InitialWindow, window)));
        await server.ReadUntilAsync(Http2FrameType.Headers);
        await AskAsync(server);
        var body = RandomBytes(55);
        var writing = call.WriteAsync(body, Token).AsTask();
        var received = new List<byte>();
        while (received.Count < PrefixBytes + body.Length)
        {
            var frame = await server.ReadUntilAsync(Http2FrameType.Data);
            Assert.InRange(frame.Payload.Length, 1, window);
            received.AddRange(frame.Payload);

            // Without what has been taken the window would be below nothing for a while.
            await server.SendAsync(Settings((InitialWindow, 0)), Widen(1, window), Settings((InitialWindow, window)));
        }

        await writing;
        Assert.Equal(body, received[PrefixBytes..]);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_WaitsForTheConnectionsWindow()
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using var call = channel.Duplex(Method);
        await server.AcceptAsync();
        await server.SendAsync(Settings((InitialWindow, 10_000_000)));
        await AskAsync(server);
        var body = RandomBytes(100_000);
        var writing = call.WriteAsync(body, Token).AsTask();
        var (first, _) = await ReadBodyAsync(server, 65_535);
        Assert.Equal(65_535, first.Length);

        // Nothing more comes before the answer.
        await server.SendAsync(ScriptedServer.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        Assert.Equal(Http2FrameType.Ping, (await server.ReadFrameAsync()).Type);
        Assert.False(writing.IsCompleted);
        await server.SendAsync(Widen(0, 1_000_000));
        var (second, _) = await ReadBodyAsync(server, PrefixBytes + body.Length - first.Length);
        await writing;

        Assert.Equal(body, (byte[])[.. first[PrefixBytes..], .. second]);
    }

    /// <summary>A reader that gives up in the moment in which the request ends: the connection ends a little later, and with it whatever call it has then.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task Connection_ThatIsAboutToEnd_IsNotLentAgain()
    {
        await using var server = new ScriptedServer();
        var opening = Http2UploadConnection.OpenAsync(server.Address, new RpcChannelOptions(), TimeProvider.System, Token);
        await server.AcceptAsync();
        using var connection = await opening;
        var head = new ArrayBufferWriter<byte>();
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Version = HttpVersion.Version20, Content = new ByteArrayContent([]) };
        Assert.True(Http2Writer.TryWriteHeaders(head, connection.NextStreamId, request));
        var call = connection.Begin(head.WrittenSpan, () => { });
        await server.SendAsync(Settings((InitialWindow, int.MaxValue)), Widen(0, int.MaxValue - 65_535));

        // More than the sockets take while nobody reads: a frame is half-way out.
        var sending = connection.SendDataAsync(call, default, new byte[64 << 20], CancellationToken.None);
        await WhenStuckAsync(call);
        call.SendsEnd = true;
        await server.SendAsync(ScriptedServer.Headers(1, Http2Flags.EndHeaders | Http2Flags.EndStream));
        await call.Headers;
        Assert.False((await call.Body.ReadAsync(Token)).Buffer.Length > 0);
        connection.Abort(call, new IOException("the reader gives up"));
        call.SentEnd = true;

        Assert.True(call.IsComplete);
        Assert.False(connection.IsReusable);
        server.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    /// <summary>The server answers to the end, with a body or with a status alone, while the writer waits for room.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_EndedByTheServerWhileWriting_HasItsStatus(bool alone)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using var call = channel.Duplex(Method);
        await server.AcceptAsync();
        var writing = call.WriteAsync(new byte[1_000_000], Token).AsTask();
        await ReadBodyAsync(server, 65_535);
        var status = Block(("grpc-status", "5"), ("grpc-message", "gone"));
        var end = (byte)(Http2Flags.EndHeaders | Http2Flags.EndStream);
        await server.SendAsync(
            alone ? [] : GoodHeaders(1),
            alone ? [] : ScriptedServer.Data(1, [0, 0, 0, 0, 2, 7, 8]),
            ScriptedServer.Headers(1, end, alone ? [.. GoodBlock(), .. status] : status),
            ScriptedServer.Frame(Http2FrameType.Reset, 0, 1, new byte[4]));

        var failure = await Assert.ThrowsAsync<RpcException>(() => writing);
        Assert.Equal(alone ? RpcStatusCode.NotFound : RpcStatusCode.Cancelled, failure.Code);
        var responses = new List<byte[]>();
        failure = await Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(call, responses));

        Assert.Equal((RpcStatusCode.NotFound, "gone"), (failure.Code, failure.Status.Message));
        Assert.Equal(alone ? [] : [[7, 8]], responses);
    }

    /// <summary>What breaks the call while its request waits for room, as hex; and the status that the writer and the reader get.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData("000004 03 00 00000001 00000008", RpcStatusCode.Cancelled)]
    [InlineData("000004 03 00 00000001 00000007", RpcStatusCode.Unavailable)]
    [InlineData("000004 03 00 00000001 00000000", RpcStatusCode.Unavailable)]
    [InlineData("000004 03 00 00000001 0000000b", RpcStatusCode.ResourceExhausted)]
    [InlineData("000008 07 00 00000000 00000000 00000000", RpcStatusCode.Unavailable)]
    [InlineData("000004 08 00 00000001 00000000", RpcStatusCode.Internal)]
    [InlineData("000004 08 00 00000001 7fffffff 000004 08 00 00000001 7fffffff", RpcStatusCode.Internal)]
    [InlineData("000004 08 00 00000000 7fffffff 000004 08 00 00000000 7fffffff", RpcStatusCode.Internal)]
    [InlineData("000003 08 00 00000001 000001", RpcStatusCode.Internal)]
    [InlineData("000005 04 00 00000000 0004000000", RpcStatusCode.Internal)]
    [InlineData("000006 04 00 00000000 000480000000", RpcStatusCode.Internal)]
    [InlineData("000006 04 00 00000000 000500003fff", RpcStatusCode.Internal)]
    [InlineData("000006 04 00 00000000 000501000000", RpcStatusCode.Internal)]
    [InlineData("000007 06 00 00000000 00000000000000", RpcStatusCode.Internal)]
    [InlineData("000001 00 00 00000001 61", RpcStatusCode.Internal)]
    [InlineData("000001 01 04 00000003 88", RpcStatusCode.Internal)]
    [InlineData("000001 01 00 00000001 88 000001 00 00 00000001 61", RpcStatusCode.Internal)]
    [InlineData("000004 05 04 00000001 00000002", RpcStatusCode.Internal)]
    [InlineData("004001 00 00 00000001", RpcStatusCode.Internal)]
    [InlineData("close", RpcStatusCode.Unavailable)]
    public async Task Failure_WhileWriting_ReachesWriterAndReader(string frames, RpcStatusCode code)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using var call = channel.Duplex(Method);
        await server.AcceptAsync();
        var writing = call.WriteAsync(new byte[1_000_000], Token).AsTask();
        await ReadBodyAsync(server, 65_535);
        if (frames == "close")
        {
            server.Close();
        }
        else
        {
            await server.SendAsync(Convert.FromHexString(frames.Replace(" ", "", StringComparison.Ordinal)));
        }

        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => writing)).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => ReadAllAsync(call, []))).Code);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_WhileWriting_ResetsTheStream(bool answered)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var call = channel.Duplex(Method, new RpcCallOptions(CancellationToken: stop.Token));
        await server.AcceptAsync();
        if (answered)
        {
            // An answer to what was not asked yet breaks the protocol.
            await server.ReadUntilAsync(Http2FrameType.Headers);
            await server.SendAsync(GoodHeaders(1));
            await call.GetHeadersAsync(Token);
        }

        var writing = call.WriteAsync(new byte[1_000_000], Token).AsTask();
        await ReadBodyAsync(server, 65_535);
        await stop.CancelAsync();

        Assert.Equal([0, 0, 0, 8], (await server.ReadUntilAsync(Http2FrameType.Reset)).Payload);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    /// <summary>The server reads nothing at all, so a frame is half-way out: the connection ends instead.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task Cancellation_InTheMiddleOfAFrame_EndsTheConnection()
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var call = channel.Duplex(Method, new RpcCallOptions(CancellationToken: stop.Token));
        await server.AcceptAsync();
        await server.SendAsync(Settings((InitialWindow, int.MaxValue), (FrameSize, 1024 * 1024)), Widen(0, int.MaxValue - 65_535));
        var writing = call.WriteAsync(new byte[100_000_000], Token).AsTask();
        await server.ReadUntilAsync(Http2FrameType.Data);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    /// <summary>After a good end the connection carries the next call; after GOAWAY, or closed, a new one is made.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData("none")]
    [InlineData("leave")]
    [InlineData("close")]
    public async Task Connection_AfterAGoodEnd_IsUsedAgainUnlessTheServerLeaves(string end)
    {
        await using var server = new ScriptedServer();
        await using var channel = new RpcChannel(server.Address);
        await using (var call = channel.Duplex(Method))
        {
            await server.AcceptAsync();
            await ServeAsync(server, 1, call);
        }

        if (end == "leave")
        {
            await server.SendAsync(
                ScriptedServer.Frame(Http2FrameType.GoAway, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]), ScriptedServer.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
            await server.ReadUntilAsync(Http2FrameType.Ping);
        }
        else if (end == "close")
        {
            server.Close();
        }

        await using var next = channel.Duplex(Method);
        if (end != "none")
        {
            await server.AcceptAsync();
        }

        await ServeAsync(server, end == "none" ? 3 : 1, next);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Server_ThatFallsSilent_IsAskedAndGivenUp()
    {
        var clock = new ManualTimeProvider();
        var options = new RpcChannelOptions { KeepAliveInterval = TimeSpan.FromSeconds(30), KeepAliveTimeout = TimeSpan.FromSeconds(20) };
        await using var server = new ScriptedServer();
        using var connection = await Http2UploadConnection.OpenAsync(server.Address, options, clock, Token);
        await server.AcceptAsync();
        await AskAsync(server);
        var call = connection.Begin([], () => { });

        clock.Advance(TimeSpan.FromSeconds(36));
        Assert.Equal(0, (await server.ReadUntilAsync(Http2FrameType.Ping)).Flags);
        clock.Advance(TimeSpan.FromSeconds(26));

        var failure = await Assert.ThrowsAsync<IOException>(() => call.Headers.WaitAsync(Token));
        Assert.Contains("ping", failure.Message, StringComparison.Ordinal);
        Assert.False(connection.TryReuse());
    }
}
