using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight.Exchange;

/// <summary>Peers that say what no proper one does: each gets a status with a stable reason, or is cut off, and none leaves memory behind.</summary>
public sealed class ExchangeBadPeerTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Token_ThatIsNotGood_IsRefusedWithTheStatusOfTheRule(string? token)
    {
        var host = ExchangeHost.Start(ExchangeHost.Unix, _ => Task.CompletedTask, options => options.Authorize = (hello, _) =>
            hello.BearerToken == "right" ? ValueTask.CompletedTask : throw new RpcException(RpcStatusCode.Unauthenticated, "A token is needed."));
        var exception = await Assert.ThrowsAsync<RpcException>(() => host.OpenAsync(configure: options => options.BearerToken = _ => ValueTask.FromResult(token)));
        Assert.Equal((RpcStatusCode.Unauthenticated, "A token is needed."), (exception.Code, exception.Status.Message));

        await using (var good = await host.OpenAsync(configure: options => options.BearerToken = _ => ValueTask.FromResult<string?>("right")))
        {
            await good.WaitForEndAsync(Token);
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stream_BeyondTheMost_IsRefusedUntilOneEnds()
    {
        var host = ExchangeHost.Start(ExchangeHost.Unix, call => call.Stream.WaitForEndAsync(call.CancellationToken), options => options.StreamsMax = 1);
        await using (var first = await host.OpenAsync())
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => host.OpenAsync());
            Assert.Equal(RpcStatusCode.ResourceExhausted, exception.Code);
            Assert.True(RpcStatusDetails.TryGetErrorInfo(exception.Status, out var info));
            Assert.Equal(ExchangeFaults.TooManyStreams, info.Reason);
            await first.CompleteAsync(Token);
            await first.WaitForEndAsync(Token);
        }

        while (host.Listener.StreamCount > 0)
        {
            await Task.Yield();
        }

        await using (await host.OpenAsync())
        {
            await host.StopAndCountAsync();
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0, 0, 0, 0, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(5, 0, 0, 0, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(1, 0, 0, 0, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(2, 0, -1, 0, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(1, 8, 0, -8, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(3, 0, 0, 8, RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed)]
    [InlineData(1, int.MaxValue, 0, 0, RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge)]
    [InlineData(2, 0, int.MaxValue, 0, RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge)]
    [InlineData(1, 8, 0, long.MaxValue, RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge)]
    [InlineData(1, 8, 0, (long)int.MaxValue, RpcStatusCode.ResourceExhausted, ExchangeFaults.MessageTooLarge)]
    public async Task Frame_ThatBreaksTheRules_EndsTheStream(byte kind, int header, int metadata, long body, RpcStatusCode code, string reason) =>
        await ExpectFaultAsync(code, reason, RawPeer.Head(kind, header, metadata, body));

    [Fact(Timeout = TimeoutMs)]
    public async Task Frame_WithNoiseForAnArrowMessage_EndsTheStream()
    {
        var noise = new byte[256];
        new Random(7).NextBytes(noise);
        await ExpectFaultAsync(RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed, RawPeer.Head(1, noise.Length, 0, 0), noise);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Frame_AfterTheEnd_EndsTheStream()
    {
        var held = new TaskCompletionSource();
        var host = ExchangeHost.Start(ExchangeHost.Unix, async call =>
        {
            await call.Stream.WaitForEndAsync(call.CancellationToken);
            await held.Task.WaitAsync(call.CancellationToken);
        });
        using var peer = await RawPeer.ConnectAsync(host);
        await peer.SendAsync(RawPeer.Hello, RawPeer.Head(3, 0, 0, 0), RawPeer.Head(2, 0, 1, 0), [1]);
        Assert.Null(await peer.ReadAnswerAsync());
        ExpectFault(await peer.ReadStatusAsync(), RpcStatusCode.InvalidArgument, ExchangeFaults.Malformed);
        peer.Dispose();
        await host.StopAndCountAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(30)]
    [InlineData(100_000)]
    public async Task Stream_ThatIsCut_CancelsTheHandlerWithTheReason(int bytes)
    {
        var seen = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = ExchangeHost.Start(ExchangeHost.Unix, async call =>
        {
            try
            {
                await call.Stream.WaitForEndAsync();
            }
            catch (Exception exception)
            {
                seen.SetResult(exception);
                Assert.True(call.CancellationToken.IsCancellationRequested);
            }
        });
        using var peer = await RawPeer.ConnectAsync(host);
        var frame = (byte[])[.. RawPeer.Head(1, 8, 0, 1_000_000), .. new byte[1_000_000]];
        await peer.SendAsync(RawPeer.Hello, frame[..bytes]);
        peer.CloseSending();
        var exception = Assert.IsType<RpcException>(await seen.Task);
        ExpectFault(exception.Status, RpcStatusCode.Unavailable, ExchangeFaults.Truncated);
        peer.Dispose();
        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Batch_WithOffsetsOutsideItsBody_EndsTheStream()
    {
        using var batch = NumbersProducer.MakeBatch(1, 100, ArrowAllocator.Default);
        using var encoder = new IpcEncoder(batch.Schema);
        using var schema = encoder.EncodeSchema();
        using var message = encoder.Encode(batch)[0];
        var body = message.Body.SelectMany(part => part.ToArray()).ToArray();
        Array.Fill(body, (byte)0x7f);
        await ExpectFaultAsync(
            RpcStatusCode.InvalidArgument,
            ExchangeFaults.Malformed,
            RawPeer.Head(1, schema.Metadata.Length, 0, 0),
            schema.Metadata.ToArray(),
            RawPeer.Head(1, message.Metadata.Length, 0, body.Length),
            message.Metadata.ToArray(),
            body);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task MutatedStreams_EndWithAStatusOrInTime_AndLeaveNothing()
    {
        var random = new Random(11);
        using var batch = NumbersProducer.MakeBatch(1, 20, ArrowAllocator.Default);
        using var encoder = new IpcEncoder(batch.Schema);
        using var schema = encoder.EncodeSchema();
        using var message = encoder.Encode(batch)[0];
        byte[] good =
        [
            .. RawPeer.Head(1, schema.Metadata.Length, 0, 0), .. schema.Metadata.Span,
            .. RawPeer.Head(1, message.Metadata.Length, 0, message.BodyLength), .. message.Metadata.Span, .. message.Body.SelectMany(part => part.ToArray()),
            .. RawPeer.Head(3, 0, 0, 0),
        ];
        var host = ExchangeHost.Start(ExchangeHost.Unix, call => call.Stream.WaitForEndAsync(), options =>
        {
            options.MessageBytesMax = 1024 * 1024;
            options.MetadataBytesMax = 64 * 1024;
        });
        for (var round = 0; round < 300; round++)
        {
            var bytes = good.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            using var peer = await RawPeer.ConnectAsync(host);
            await peer.SendAsync(RawPeer.Hello, bytes);
            peer.CloseSending();
            Assert.Null(await peer.ReadAnswerAsync());
        }

        await host.StopAndCountAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_OfASocketThatIsNoExchange_SaysSo()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(
            async () =>
            {
                using var socket = await listener.AcceptSocketAsync(Token);
                await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), System.Net.Sockets.SocketFlags.None, Token);
            },
            Token);
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            new ExchangeClient().OpenAsync(ExchangeAddress.Tcp("127.0.0.1", port), FlightTicket.FromText("any"), cancellationToken: Token));
        ExpectFault(exception.Status, RpcStatusCode.InvalidArgument, ExchangeFaults.BadMagic);
        await answering;
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_OfASocketThatNobodyHas_IsUnavailable()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            new ExchangeClient().OpenAsync(ExchangeAddress.Unix(Path.Combine(Path.GetTempPath(), "no-such-exchange")), FlightTicket.FromText("any"), cancellationToken: Token));
        ExpectFault(exception.Status, RpcStatusCode.Unavailable, ExchangeFaults.Unreachable);
    }

    private static async Task ExpectFaultAsync(RpcStatusCode code, string reason, params byte[][] frames)
    {
        var host = ExchangeHost.Start(ExchangeHost.Unix, call => call.Stream.WaitForEndAsync(call.CancellationToken));
        using (var peer = await RawPeer.ConnectAsync(host))
        {
            await peer.SendAsync([RawPeer.Hello, .. frames]);
            Assert.Null(await peer.ReadAnswerAsync());
            ExpectFault(await peer.ReadStatusAsync(), code, reason);
            await peer.ReadEndAsync();
        }

        await host.StopAndCountAsync();
    }

    internal static void ExpectFault(RpcStatus status, RpcStatusCode code, string reason)
    {
        Assert.Equal(code, status.Code);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(status, out var info), status.ToString());
        Assert.Equal((reason, ExchangeFaults.Domain), (info.Reason, info.Domain));
    }
}
