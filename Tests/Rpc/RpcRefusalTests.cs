using System.Net;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>A server that ends a call before it has taken its requests: whoever writes learns the server's status.</summary>
public sealed class RpcRefusalTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_WhenTheBodyIsCancelledBeforeTheResponseIsTold_WaitsForItsStatus()
    {
        using var transport = new RefusingTransport();
        await using var channel = RpcChannel.ForAddress("http://localhost:1");
        await using var call = Duplex(channel, transport);
        var write = call.WriteAsync(new EchoRequest { Text = "unheard" }, Token).AsTask();
        await transport.BodyEnded.WaitAsync(Token);

        // The body is over, the response is not told: only the status may end the write. The pause lets a hasty one show itself.
        Assert.NotSame(write, await Task.WhenAny(write, Task.Delay(50, Token)));
        transport.Answer(Refusal());

        var failure = await Assert.ThrowsAsync<RpcException>(() => write);
        Assert.Equal((RpcStatusCode.Unauthenticated, "no token", "yes"), (failure.Code, failure.Status.Message, failure.Trailers.GetValue("said")));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_WhenTheBodyIsCancelledAndNoResponseComes_TellsTheTransportsFailure()
    {
        using var transport = new RefusingTransport();
        await using var channel = RpcChannel.ForAddress("http://localhost:1");
        await using var call = Duplex(channel, transport);
        var write = call.WriteAsync(new EchoRequest(), Token).AsTask();
        await transport.BodyEnded.WaitAsync(Token);

        transport.Fail(new HttpRequestException("the line is cut"));

        var failure = await Assert.ThrowsAsync<RpcException>(() => write);
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        Assert.Contains("the line is cut", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_WaitingForTheStatus_EndsWithItsOwnToken()
    {
        using var transport = new RefusingTransport();
        await using var channel = RpcChannel.ForAddress("http://localhost:1");
        await using var call = Duplex(channel, transport);
        using var cancel = new CancellationTokenSource();
        var write = call.WriteAsync(new EchoRequest(), cancel.Token).AsTask();
        await transport.BodyEnded.WaitAsync(Token);

        await cancel.CancelAsync();

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.Equal(cancel.Token, failure.CancellationToken);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_WaitingForTheStatus_EndsWithTheCallsDeadline()
    {
        using var transport = new RefusingTransport();
        var clock = new ManualTimeProvider();
        await using var channel = RpcChannel.ForAddress("http://localhost:1", new RpcChannelOptions { TimeProvider = clock });
        await using var call = Duplex(channel, transport, new RpcCallOptions(Deadline: TimeSpan.FromSeconds(5)));
        var write = call.WriteAsync(new EchoRequest(), Token).AsTask();
        await transport.BodyEnded.WaitAsync(Token);

        clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => write)).Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Write_ToACallThatTheServerRefusesAtOnce_TellsItsStatusEveryTime()
    {
        await using var host = await EchoHost.StartAsync(options => options.MaxConcurrentCalls = 1);
        await using var channel = host.Connect();
        await using var first = channel.Duplex(EchoMethods.Chat);
        await first.GetHeadersAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            await using var call = channel.Duplex(EchoMethods.Chat);
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await call.WriteAsync(new EchoRequest { Text = "too many" }, Token);
                await call.CompleteAsync();
                await call.ReadAllAsync(Token).GetAsyncEnumerator(Token).MoveNextAsync();
            });
            Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
        }));
    }

    private static RpcDuplexCall<EchoRequest, EchoReply> Duplex(RpcChannel channel, RefusingTransport transport, RpcCallOptions options = default)
    {
        var method = EchoMethods.Chat;
        var requests = new RpcRequestStream<EchoRequest>(method.RequestMarshaller, method.FullName, compressed: false, int.MaxValue);
        return new RpcDuplexCall<EchoRequest, EchoReply>(
            new RpcClientCall(channel, method.FullName, method.Kind, options, requests, requests.Abort, transport.Invoker), requests, method.ResponseMarshaller);
    }

    private static HttpResponseMessage Refusal()
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        response.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        response.Headers.TryAddWithoutValidation("grpc-status", "16");
        response.Headers.TryAddWithoutValidation("grpc-message", "no token");
        response.Headers.TryAddWithoutValidation("said", "yes");
        return response;
    }

    /// <summary>
    /// What the HTTP client does when the server resets the stream of an ended call: it cancels the request's body before it opens, and
    /// tells the response later, here when the test says so.
    /// </summary>
    private sealed class RefusingTransport : HttpMessageHandler
    {
        private readonly TaskCompletionSource _bodyEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RefusingTransport() => Invoker = new HttpMessageInvoker(this, disposeHandler: false);

        public HttpMessageInvoker Invoker { get; }

        public Task BodyEnded => _bodyEnded.Task;

        public void Answer(HttpResponseMessage response) => _response.SetResult(response);

        public void Fail(Exception exception) => _response.SetException(exception);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => request.Content!.CopyToAsync(new CancelledStream(), new CancellationToken(canceled: true)));
            _bodyEnded.TrySetResult();
            return await _response.Task.WaitAsync(cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            Invoker.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class CancelledStream : MemoryStream
    {
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.FromCanceled(cancellationToken);
    }
}
