using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>How calls end before their time: cancellation, deadlines, back-pressure and the server's stop.</summary>
public sealed class RpcEndTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Cancel_UnaryByTheCaller_ReachesTheHandler()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = channel.UnaryAsync(EchoMethods.Wait, new EchoRequest(), new(CancellationToken: cancel.Token));
        await host.Service.Waiting.WaitAsync(Token);

        await cancel.CancelAsync();

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(cancel.Token, failure.CancellationToken);
        await host.Service.Cancelled.WaitAsync(Token);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Cancel_EnumerationLeftEarly_ReachesTheHandler()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 3, Text = "forever" }).WithCancellation(Token))
        {
            break;
        }

        await host.Service.Cancelled.WaitAsync(Token);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Cancel_DuplexThatNobodyReads_ReachesTheHandler()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var call = channel.Duplex(EchoMethods.Chat, new(CancellationToken: cancel.Token));
        await call.GetHeadersAsync(Token);
        await host.Service.Waiting.WaitAsync(Token);

        await cancel.CancelAsync();

        await host.Service.Cancelled.WaitAsync(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call.WriteAsync(new EchoRequest(), Token));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Cancel_DuplexDisposedAfterItsRequests_ReachesTheHandler()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using (var call = channel.Duplex(EchoMethods.Chat))
        {
            await call.WriteAsync(new EchoRequest { Text = "once" }, Token);
            await foreach (var reply in call.ReadAllAsync(Token))
            {
                break;
            }
        }

        await host.Service.Cancelled.WaitAsync(Token);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Deadline_Sent_HandlerSeesWhatRemains()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var reply = await channel.UnaryAsync(EchoMethods.Say, new EchoRequest(), new(Deadline: TimeSpan.FromMinutes(10), CancellationToken: Token));

        Assert.InRange(reply.Total, 1, 600_000);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Deadline_Passed_FailsTheCallerAndCancelsTheHandler()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoMethods.Wait, new EchoRequest(), new(Deadline: TimeSpan.FromMilliseconds(200), CancellationToken: Token)));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        await host.Service.Cancelled.WaitAsync(Token);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Deadline_EnforcedByTheServerAlone_IsItsStatus()
    {
        await using var host = await EchoHost.StartAsync();

        // A client whose clock stands still never gives up by itself, so the status must be the server's.
        await using var channel = host.Connect(new RpcChannelOptions { TimeProvider = new ManualTimeProvider() });
        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoMethods.Wait, new EchoRequest(), new(Deadline: TimeSpan.FromMilliseconds(100), CancellationToken: Token)));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        Assert.Null(failure.InnerException);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task BackPressure_ReaderStops_ServerStopsMaking()
    {
        const int BodyBytes = 256 * 1024;
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect(new RpcChannelOptions { StreamWindowBytes = RpcChannelOptions.StreamWindowBytesMin });
        await using var replies = channel
            .ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 10_000, BodyBytes = BodyBytes, Text = "forever" })
            .GetAsyncEnumerator(Token);
        Assert.True(await replies.MoveNextAsync());

        // Another call on the same connection passes many times: the stalled stream had every chance to go on.
        for (var index = 0; index < 200; index++)
        {
            await channel.UnaryAsync(EchoMethods.Say, new EchoRequest(), new(CancellationToken: Token));
        }

        Assert.InRange(host.Service.RepliesMade, 1, 4);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stop_OfTheServer_EndsStreamsWithUnavailable()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var replies = channel
            .ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 1, Text = "forever" }).GetAsyncEnumerator(Token);
        Assert.True(await replies.MoveNextAsync());

        var stop = host.StopAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await replies.MoveNextAsync());
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        await stop;
        await host.Service.Cancelled.WaitAsync(Token);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stop_WithACallerThatReadsNothing_StillEnds()
    {
        await using var host = await EchoHost.StartAsync(options => options.AbortGrace = TimeSpan.FromMilliseconds(50));
        await using var channel = host.Connect(new RpcChannelOptions { StreamWindowBytes = RpcChannelOptions.StreamWindowBytesMin });
        await using var replies = channel
            .ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 10_000, BodyBytes = 1024 * 1024 }).GetAsyncEnumerator(Token);
        Assert.True(await replies.MoveNextAsync());

        await host.StopAsync();

        await host.Service.Cancelled.WaitAsync(Token);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_AfterTheServerEndedTheCall_TellsItsStatus()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);
        await call.WriteAsync(new EchoRequest { Text = "fail" }, Token);
        await Assert.ThrowsAsync<RpcException>(async () => await call.ReadAllAsync(Token).GetAsyncEnumerator(Token).MoveNextAsync());

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.WriteAsync(new EchoRequest { Body = ByteString.CopyFrom(new byte[100_000]) }, Token);
            }
        });

        Assert.Equal(RpcStatusCode.NotFound, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Handler_ReturnsWhileItsLoopReads_EndsTheLoopBeforeTheCall()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);
        await call.WriteAsync(new EchoRequest { Text = "leave reader behind" }, Token);

        await foreach (var reply in call.ReadAllAsync(Token))
        {
            Assert.Fail("The handler sends nothing.");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Service.LeftBehind.WaitAsync(Token));
        Assert.False(Token.IsCancellationRequested);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Handler_WritesAfterItReturned_IsToldThatTheCallEnded()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);
        await call.WriteAsync(new EchoRequest { Text = "leave writer behind" }, Token);
        var seen = 0;

        await foreach (var reply in call.ReadAllAsync(Token))
        {
            seen++;
        }

        Assert.True(seen > 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Service.LeftBehind.WaitAsync(Token));
        Assert.False(Token.IsCancellationRequested);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Read_TwiceAtOnce_IsRefused()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);
        await using var first = call.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        var pending = first.MoveNextAsync().AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call.ReadAllAsync(Token).GetAsyncEnumerator(Token).MoveNextAsync());

        await call.CompleteAsync();
        Assert.False(await pending);
    }
}
