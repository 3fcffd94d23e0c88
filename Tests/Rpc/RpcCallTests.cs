using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Our client against our server: the four kinds of call, metadata and status.</summary>
public sealed class RpcCallTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Unary_Request_ComesBack()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var reply = await channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = "hello" }, new(CancellationToken: Token));

        Assert.Equal("hello", reply.Text);
        Assert.Equal(-1, reply.Total);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_095)]
    [InlineData(16_384)]
    [InlineData(65_536)]
    [InlineData(5_000_000)]
    public async Task Unary_BodyOfAnySize_ComesBackUnchanged(int bodyBytes)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);

        var reply = await channel.UnaryAsync(
            EchoMethods.Say, new EchoRequest { Body = ByteString.CopyFrom(body) }, new(CancellationToken: Token));

        Assert.Equal(body, reply.Body.ToByteArray());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Unary_ManyAtOnce_EachGetsItsOwnReply()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(index => channel.UnaryAsync(
            EchoMethods.Say, new EchoRequest { Text = $"{index}" }, new(CancellationToken: Token))));

        Assert.Equal(Enumerable.Range(0, 500).Select(index => $"{index}"), replies.Select(reply => reply.Text));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ServerStreaming_Replies_ComeInOrder()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var totals = new List<long>();
        await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 1000, BodyBytes = 300 }).WithCancellation(Token))
        {
            Assert.Equal(300, reply.Body.Length);
            totals.Add(reply.Total);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(index => (long)index), totals);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ServerStreaming_ErrorAfterReplies_DeliversTheRepliesFirst()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var call = channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 3, Text = "details" });

        var seen = 0;
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var reply in call.WithCancellation(Token))
            {
                seen++;
            }
        });

        Assert.Equal(3, seen);
        Assert.Equal(RpcStatusCode.FailedPrecondition, failure.Code);
        Assert.Equal("from trailers", call.Trailers.GetValue("x-note"));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ServerStreaming_SecondEnumeration_IsRefused()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var call = channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 1 });
        await foreach (var reply in call.WithCancellation(Token))
        {
            Assert.Equal(0, reply.Total);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call.GetAsyncEnumerator(Token).MoveNextAsync());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ClientStreaming_Requests_AreSummed()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.ClientStreaming(EchoMethods.Sum);

        for (var index = 1; index <= 100; index++)
        {
            await call.WriteAsync(new EchoRequest { Count = index, Body = ByteString.CopyFrom(new byte[10_000]) }, Token);
        }

        Assert.Equal(5050 + 1_000_000, (await call.CompleteAsync()).Total);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call.WriteAsync(new EchoRequest(), Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ClientStreaming_ServerEndsEarly_CompleteSaysWhy()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.ClientStreaming(EchoMethods.Sum);
        await call.WriteAsync(new EchoRequest { Text = "fail" }, Token);

        var failure = await Assert.ThrowsAsync<RpcException>(call.CompleteAsync);

        Assert.Equal(RpcStatusCode.NotFound, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Duplex_PingPong_AnswersBeforeTheRequestsEnd()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);
        await using var replies = call.ReadAllAsync(Token).GetAsyncEnumerator(Token);

        for (var index = 0; index < 50; index++)
        {
            await call.WriteAsync(new EchoRequest { Text = $"{index}" }, Token);
            Assert.True(await replies.MoveNextAsync());
            Assert.Equal($"{index}", replies.Current.Text);
        }

        await call.CompleteAsync();
        Assert.False(await replies.MoveNextAsync());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Duplex_HeadersBeforeAnyMessage_ArriveAtOnce()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat, new(Metadata: new RpcMetadata { { "x-hello", "world" } }));

        Assert.NotNull(await call.GetHeadersAsync(Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Metadata_TextAndBytes_TravelBothWays()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var sent = new RpcMetadata { { "x-text", "a, b" }, { "x-raw-bin", new byte[] { 0, 255, 44, 61 } }, { "x-raw-bin", new byte[] { 9 } } };

        var result = await channel.UnaryWithMetadataAsync(EchoMethods.Say, new EchoRequest(), new(Metadata: sent, CancellationToken: Token));

        foreach (var received in (RpcMetadata[])[result.Headers, result.Trailers])
        {
            Assert.Equal("a, b", received.GetValue("X-Text"));
            Assert.Equal([[0, 255, 44, 61], [9]], received.GetAll("x-raw-bin").Select(entry => entry.Bytes.ToArray()));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Status_WithDetails_KeepsReasonAndText()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var plain = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "fail"));
        var detailed = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "details"));

        Assert.Equal(new RpcStatus(RpcStatusCode.NotFound, "Kein Ding namens 'größe' — 100 %"), plain.Status);
        Assert.False(RpcStatusDetails.TryGetErrorInfo(plain.Status, out _));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(detailed.Status, out var errorInfo));
        Assert.Equal(("lease_lost", "orleansflow", "7"), (errorInfo.Reason, errorInfo.Domain, errorInfo.Metadata["epoch"]));
        Assert.Equal("from trailers", detailed.Trailers.GetValue("x-note"));
    }

    private static Task<EchoReply> SayAsync(RpcChannel channel, string text) =>
        channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = text }, new(CancellationToken: Token));
}
