using System.Diagnostics;
using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <summary>Uploads to Kestrel.</summary>
public sealed class Http2UploadHostTests
{
    private const int TimeoutMs = 60_000;
    private const int BodyBytes = 4 * 1024 * 1024;

    private static readonly RpcMethod<EchoRequest, EchoReply> Sum = Bulk(EchoMethods.Sum);
    private static readonly RpcMethod<EchoRequest, EchoReply> Chat = Bulk(EchoMethods.Chat);
    private static readonly EchoRequest Large = new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[BodyBytes]) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>More at once than there are connections for uploads: the others go with all calls.</summary>
    [Theory(Timeout = TimeoutMs)]
    [InlineData(1, 64)]
    [InlineData(7, 8)]
    public async Task Upload_LargerThanEveryWindow_ArrivesWhole(int calls, int messages)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        for (var round = 0; round < 2; round++)
        {
            var totals = await Task.WhenAll(Enumerable.Range(0, calls).Select(async _ =>
            {
                await using var call = channel.ClientStreaming(Sum);
                for (var index = 0; index < messages; index++)
                {
                    await call.WriteAsync(Large, Token);
                    await call.WriteAsync(new EchoRequest { Count = 1 }, Token);
                }

                return (await call.CompleteAsync()).Total;
            }));

            Assert.All(totals, total => Assert.Equal((long)messages * (BodyBytes + 1), total));
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Duplex_AnswersWhileTheRequestGoesOn()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(Chat, new RpcCallOptions(Metadata: new RpcMetadata { { "x-note", "there and back" } }));
        var headers = await call.GetHeadersAsync(Token);
        var responses = call.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        for (var round = 0; round < 20; round++)
        {
            await call.WriteAsync(round % 2 == 0 ? Large : new EchoRequest { Text = "small" }, Token);
            Assert.True(await responses.MoveNextAsync());
            Assert.Equal(round % 2 == 0 ? BodyBytes : 0, responses.Current.Body.Length);
        }

        await call.CompleteAsync();
        Assert.False(await responses.MoveNextAsync());
        Assert.Equal("there and back", headers.First(entry => entry.Key == "x-note").Value);
        Assert.Equal("there and back", call.Trailers.First(entry => entry.Key == "x-note").Value);
        await responses.DisposeAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Call_RefusedByTheServerWhileWriting_HasItsStatus()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        for (var round = 0; round < 5; round++)
        {
            await using var call = channel.ClientStreaming(Sum);
            await call.WriteAsync(new EchoRequest { Text = "fail" }, Token);
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (true)
                {
                    await call.WriteAsync(Large, Token);
                }
            });
            var end = await Assert.ThrowsAsync<RpcException>(call.CompleteAsync);

            Assert.True(failure.Code is RpcStatusCode.NotFound or RpcStatusCode.Cancelled, failure.ToString());
            Assert.Equal(RpcStatusCode.NotFound, end.Code);
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_GivenUpWhileWriting_IsCancelledAtTheServer(bool disposed)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = channel.Duplex(Chat, new RpcCallOptions(CancellationToken: stop.Token));
        await call.WriteAsync(Large, Token);
        await host.Service.Waiting.WaitAsync(Token);

        // Nobody reads, so that the server's answers and then our requests come to a halt.
        var writing = WriteForeverAsync(call);
        if (disposed)
        {
            await call.DisposeAsync();
        }
        else
        {
            await stop.CancelAsync();
        }

        await host.Service.Cancelled.WaitAsync(Token);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.True(disposed ? failure is RpcException { Code: RpcStatusCode.Cancelled } : failure is OperationCanceledException, failure.ToString());
        await call.DisposeAsync();
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Deadline_WhileWriting_EndsTheCall()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.ClientStreaming(Bulk(EchoMethods.Hold), new RpcCallOptions(Deadline: TimeSpan.FromMilliseconds(300)));

        var failure = await Assert.ThrowsAsync<RpcException>(() => WriteForeverAsync(message => call.WriteAsync(message, Token)));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Upload_UnderAnActivity_CarriesItsTrace()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        using var activity = new Activity("upload").Start();
        await using var call = channel.ClientStreaming(Sum);

        await call.WriteAsync(Large, Token);

        Assert.Equal(BodyBytes, (await call.CompleteAsync()).Total);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Server_ThatStops_EndsUploads()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.ClientStreaming(Bulk(EchoMethods.Hold));
        await call.WriteAsync(new EchoRequest(), Token);
        await host.Service.Waiting.WaitAsync(Token);
        await host.StopAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(call.CompleteAsync);

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Server_ThatIsNotThere_IsUnavailable()
    {
        var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await host.DisposeAsync();
        await using var call = channel.ClientStreaming(Sum);

        Assert.Equal(RpcStatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.WriteAsync(Large, Token).AsTask())).Code);
        Assert.Equal(RpcStatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(call.CompleteAsync)).Code);
    }

    private static Task WriteForeverAsync(RpcDuplexCall<EchoRequest, EchoReply> call) =>
        WriteForeverAsync(message => call.WriteAsync(message, Token));

    private static async Task WriteForeverAsync(Func<EchoRequest, ValueTask> write)
    {
        while (true)
        {
            await write(Large);
        }
    }

    private static RpcMethod<EchoRequest, EchoReply> Bulk(RpcMethod<EchoRequest, EchoReply> method) => new(
        method.Kind, method.Service, method.Name, new BulkMarshaller<EchoRequest>(method.RequestMarshaller), method.ResponseMarshaller);
}
