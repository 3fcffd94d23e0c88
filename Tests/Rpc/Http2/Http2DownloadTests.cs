using System.Buffers;
using System.Text;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Tests.Rpc.Http2;

public sealed class Http2DownloadTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Response_HoweverItIsCut_IsReadToItsTrailers(int pieceBytes)
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server);
        var body = Enumerable.Range(0, 3_000).Select(value => (byte)value).ToArray();
        byte[] padded = [3, .. body[1_000..2_000], 0, 0, 0];
        var sending = server.SendInPiecesAsync(
            pieceBytes,
            ScriptedServer.Headers(1, Http2Flags.EndHeaders, [0x08, 0x03, .. "103"u8]),
            ScriptedServer.Headers(1, flags: 0, [0x88]),
            ScriptedServer.Frame(Http2FrameType.Continuation, 0, 1, [0x00, 0x01]),
            ScriptedServer.Frame(Http2FrameType.Continuation, Http2Flags.EndHeaders, 1, [(byte)'h', 0x01, (byte)'v']),
            ScriptedServer.Data(1, body[..1_000]),
            ScriptedServer.Frame((Http2FrameType)77, 0xFF, 1, new byte[50]),
            ScriptedServer.Data(1, padded, Http2Flags.Padded),
            ScriptedServer.Data(1, []),
            ScriptedServer.Frame(Http2FrameType.Ping, 0, 0, "pingping"u8.ToArray()),
            ScriptedServer.Frame(Http2FrameType.Priority, 0, 1, new byte[5]),
            ScriptedServer.Data(1, body[2_000..]),
            ScriptedServer.Trailers(1));

        var headers = await SendAsync(connection);
        var received = await ReadAllAsync(connection);
        await sending;

        Assert.Equal([(":status", "200"), ("h", "v")], headers);
        Assert.Equal(body, received);
        Assert.Equal([("t", "1")], connection.Trailers);
        Assert.Equal("pingping", Encoding.ASCII.GetString((await server.ReadUntilAsync(Http2FrameType.Ping)).Payload));
        Assert.True(connection.IsReusable);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Connection_AfterAnEnd_CarriesTheNextResponse()
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server);
        for (var call = 0; call < 3; call++)
        {
            var id = (2 * call) + 1;
            await server.SendAsync(ScriptedServer.Headers(id), ScriptedServer.Data(id, [1, 2, (byte)call]), ScriptedServer.Trailers(id), ScriptedServer.Frame(Http2FrameType.Reset, 0, id, [0, 0, 0, 0]));

            Assert.Equal(id, connection.NextStreamId);
            await SendAsync(connection);
            Assert.Equal([1, 2, (byte)call], await ReadAllAsync(connection));
            Assert.True(connection.TryReuse());
        }

        await server.SendAsync(ScriptedServer.Frame(Http2FrameType.GoAway, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]));
        while (connection.TryReuse())
        {
            await Task.Yield();
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Connection_ThatTheServerClosed_IsNotReused()
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server);
        await server.SendAsync(ScriptedServer.Headers(1), ScriptedServer.Trailers(1));
        await SendAsync(connection);
        Assert.Empty(await ReadAllAsync(connection));

        server.Close();
        while (connection.TryReuse())
        {
            await Task.Yield();
        }

        Assert.Empty(await ReadAllAsync(connection));
    }

    /// <summary>Frames that break the protocol, each as hex after good headers; and the error that the call ends with.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData("040000 00 00 00000001", Http2Errors.ProtocolError, true)]
    [InlineData("040001 00 00 00000001", Http2Errors.FrameSizeError, false)]
    [InlineData("000001 00 08 00000001 02", Http2Errors.ProtocolError, false)]
    [InlineData("000001 00 00 00000003 61", Http2Errors.ProtocolError, false)]
    [InlineData("000001 01 04 00000003 88", Http2Errors.ProtocolError, false)]
    [InlineData("000001 09 04 00000001 88", Http2Errors.ProtocolError, false)]
    [InlineData("000001 01 00 00000001 88 000001 00 00 00000001 61", Http2Errors.ProtocolError, false)]
    [InlineData("000004 05 04 00000001 00000002", Http2Errors.ProtocolError, false)]
    [InlineData("000001 01 04 00000001 be", Http2Errors.CompressionError, false)]
    [InlineData("000004 03 00 00000001 00000008", Http2Errors.Cancel, false)]
    [InlineData("000008 07 00 00000000 00000000 00000000", Http2Errors.NoError, false)]
    [InlineData("000008 07 00 00000000 00000000 00000007", Http2Errors.RefusedStream, false)]
    public async Task Frame_ThatBreaksTheProtocol_EndsTheCallWithItsError(string frames, uint code, bool beforeHeaders)
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server);
        var bad = Convert.FromHexString(frames.Replace(" ", "", StringComparison.Ordinal));
        await server.SendAsync(beforeHeaders ? [] : ScriptedServer.Headers(1), bad, new byte[256 * 1024]);

        var failure = await Assert.ThrowsAsync<HttpProtocolException>(async () =>
        {
            await SendAsync(connection);
            await ReadAllAsync(connection);
        });

        Assert.Equal(code, failure.ErrorCode);
        Assert.False(connection.IsReusable);
        Assert.False(connection.TryReuse());
    }

    /// <summary>What the server has not begun with, and what is too large for one frame, goes the ordinary way.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData("000008 07 00 00000000 00000000 00000000", 10)]
    [InlineData("000004 03 00 00000001 00000007", 10)]
    [InlineData("", (16 * 1024) + 1)]
    public async Task Request_ThatTheServerDidNotTake_GoesTheOrdinaryWay(string frames, int bodyBytes)
    {
        await using var server = new ScriptedServer();
        using var invoker = new HttpMessageInvoker(new Http2DownloadHandler(new Ordinary(), server.Address, new RpcChannelOptions(), TimeProvider.System));
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Content = new ByteArrayContent(new byte[bodyBytes]) };
        var sending = invoker.SendAsync(request, Token);
        await server.AcceptAsync();
        await server.SendAsync(Convert.FromHexString(frames.Replace(" ", "", StringComparison.Ordinal)));

        using var response = await sending;

        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Response_CutByTheServersEnd_IsAnIOException()
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server);
        await server.SendAsync(ScriptedServer.Headers(1), ScriptedServer.Data(1, [1]));
        await SendAsync(connection);
        server.Close();

        await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(connection));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Reading_GivesCreditForWhatWasTaken()
    {
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server, options: new RpcChannelOptions { StreamWindowBytes = 100_000 });
        var body = new byte[90_000];
        new Random(3).NextBytes(body);
        await server.SendAsync(ScriptedServer.Headers(1), ScriptedServer.Data(1, body));
        await SendAsync(connection);
        var taken = new byte[25_000];
        for (var at = 0; at < taken.Length;)
        {
            at += await connection.ReadAsync(taken.AsMemory(at), Token);
        }

        var credit = await server.ReadUntilAsync(Http2FrameType.WindowUpdate);

        Assert.Equal(1, credit.StreamId);
        Assert.Equal([0, 0, 0x61, 0xA8], credit.Payload);
        Assert.Equal(body[..25_000], taken);
    }

    /// <summary>Nobody reads: pings are answered, what comes is kept, a silent server is asked and given up.</summary>
    [Fact(Timeout = TimeoutMs)]
    public async Task Connection_WhileNobodyReads_KeepsWhatComesAndLives()
    {
        var clock = new ManualTimeProvider();
        var options = new RpcChannelOptions { KeepAliveInterval = TimeSpan.FromSeconds(30), KeepAliveTimeout = TimeSpan.FromSeconds(20) };
        await using var server = new ScriptedServer();
        using var connection = await OpenAsync(server, clock, options);
        var body = new byte[200_000];
        new Random(5).NextBytes(body);
        await server.SendAsync(ScriptedServer.Headers(1));
        await SendAsync(connection);

        await server.SendAsync(ScriptedServer.Data(1, body), ScriptedServer.Frame(Http2FrameType.Ping, 0, 0, "question"u8.ToArray()));
        var answer = server.ReadUntilAsync(Http2FrameType.Ping);
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal((Http2Flags.Ack, "question"), ((await answer).Flags, Encoding.ASCII.GetString((await answer).Payload)));
        var received = new byte[body.Length];
        for (var at = 0; at < received.Length;)
        {
            at += await connection.ReadAsync(received.AsMemory(at, Math.Min(7_777, received.Length - at)), Token);
        }

        Assert.Equal(body, received);
        var question = server.ReadUntilAsync(Http2FrameType.Ping);
        clock.Advance(TimeSpan.FromSeconds(31));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, (await question).Flags);
        clock.Advance(TimeSpan.FromSeconds(21));
        clock.Advance(TimeSpan.FromSeconds(5));

        var failure = await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(connection));
        Assert.Contains("ping", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<Http2DownloadConnection> OpenAsync(ScriptedServer server, TimeProvider? clock = null, RpcChannelOptions? options = null)
    {
        var accepting = server.AcceptAsync();
        var connection = await Http2DownloadConnection.OpenAsync(server.Address, options ?? new RpcChannelOptions(), clock ?? TimeProvider.System, Token);
        await accepting;
        return connection;
    }

    private static async Task<IReadOnlyList<(string Name, string Value)>> SendAsync(Http2DownloadConnection connection)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:1/a/b") { Content = new ByteArrayContent([]) };
        var message = new ArrayBufferWriter<byte>();
        Assert.True(Http2Writer.TryWriteRequest(message, connection.NextStreamId, request, "body"u8));
        return await connection.SendAsync(message.WrittenMemory, Token);
    }

    private sealed class Ordinary : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Accepted));
    }

    private static async Task<byte[]> ReadAllAsync(Http2DownloadConnection connection)
    {
        var all = new MemoryStream();
        var buffer = new byte[1_000];
        while (await connection.ReadAsync(buffer, Token) is > 0 and var read)
        {
            await all.WriteAsync(buffer.AsMemory(0, read), Token);
        }

        return all.ToArray();
    }
}
