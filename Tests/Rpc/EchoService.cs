using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>
/// A service whose behaviour the request's text chooses: <c>fail</c>, <c>details</c>, <c>crash</c> and <c>mapped</c> end
/// with an error, everything else comes back. Request headers that start with <c>x-</c> come back as headers and trailers.
/// </summary>
internal sealed class EchoService
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a call of Wait, Repeat or Chat has begun.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>Lets calls of Wait end well.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Ends when such a call has seen its token fire.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>The loop of a Chat that returned before it; ended by nobody but the call.</summary>
    public Task LeftBehind { get; private set; } = Task.CompletedTask;

    /// <summary>Responses that Repeat has made so far.</summary>
    public int RepliesMade => Volatile.Read(ref _repliesMade);

    private int _repliesMade;

    public RpcServiceDefinition Define() => new RpcServiceDefinition(EchoMethods.Service)
        .Unary(EchoMethods.Say, SayAsync)
        .ServerStreaming(EchoMethods.Repeat, RepeatAsync)
        .ClientStreaming(EchoMethods.Sum, SumAsync)
        .Duplex(EchoMethods.Chat, ChatAsync)
        .Unary(EchoMethods.Wait, WaitAsync)
        .ClientStreaming(EchoMethods.Hold, HoldAsync)
        .DescribedBy(EchoReflection.Descriptor);

    private static Task<EchoReply> SayAsync(EchoRequest request, RpcServerContext context)
    {
        EchoHeaders(context);
        Misbehave(request.Text);
        var remaining = context.Remaining is { } left ? (long)left.TotalMilliseconds : -1;
        var text = request.Text == "who am I" ? context.ClientCertificate?.Subject ?? "nobody" : request.Text;
        return Task.FromResult(new EchoReply { Text = text, Body = request.Body, Total = remaining });
    }

    private static async Task<EchoReply> SumAsync(IAsyncEnumerable<EchoRequest> requests, RpcServerContext context)
    {
        EchoHeaders(context);
        var total = 0L;
        await foreach (var request in requests)
        {
            Misbehave(request.Text);
            total += request.Count + request.Body.Length;
        }

        return new EchoReply { Total = total };
    }

    private static void EchoHeaders(RpcServerContext context)
    {
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            foreach (var metadata in (RpcMetadata[])[context.ResponseHeaders, context.ResponseTrailers])
            {
                if (entry.IsBinary)
                {
                    metadata.Add(entry.Key, entry.Bytes);
                }
                else
                {
                    metadata.Add(entry.Key, entry.Value);
                }
            }
        }
    }

    private static void Misbehave(string text)
    {
        switch (text)
        {
            case "fail":
                throw new RpcException(RpcStatusCode.NotFound, "Kein Ding namens 'größe' — 100 %");
            case "details":
                throw new RpcException(
                    RpcStatusDetails.WithErrorInfo(
                        RpcStatusCode.FailedPrecondition, "lease lost", "lease_lost", "orleansflow", [new("epoch", "7")]),
                    new RpcMetadata { { "x-note", "from trailers" } });
            case "crash":
                throw new InvalidOperationException("secret of the server");
            case "mapped":
                throw new TimeoutException("known to the mapper");
        }
    }

    private async IAsyncEnumerable<EchoReply> RepeatAsync(EchoRequest request, RpcServerContext context)
    {
        EchoHeaders(context);
        _waiting.TrySetResult();
        try
        {
            var body = UnsafeByteOperations.UnsafeWrap(new byte[request.BodyBytes]);
            for (var index = 0; index < request.Count; index++)
            {
                await Task.Yield();
                Interlocked.Increment(ref _repliesMade);
                yield return new EchoReply { Text = request.Text, Body = body, Total = index };
            }

            Misbehave(request.Text);
            if (request.Text == "until stopping")
            {
                var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = context.ServerStopping.Register(stopping.SetResult);
                await stopping.Task.WaitAsync(context.CancellationToken);
                yield return new EchoReply { Text = "goodbye" };
            }

            if (request.Text == "forever")
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }
        }
        finally
        {
            if (context.CancellationToken.IsCancellationRequested)
            {
                _cancelled.TrySetResult();
            }
        }
    }

    private async Task ChatAsync(
        IAsyncEnumerable<EchoRequest> requests, RpcResponseWriter<EchoReply> responses, RpcServerContext context)
    {
        EchoHeaders(context);
        await context.SendResponseHeadersAsync();
        _waiting.TrySetResult();
        using var onCancel = context.CancellationToken.Register(() => _cancelled.TrySetResult());
        await foreach (var request in requests)
        {
            Misbehave(request.Text);
            switch (request.Text)
            {
                case "leave reader behind":
                    LeftBehind = requests.CountAsync(CancellationToken.None).AsTask();
                    return;
                case "leave writer behind":
                    var written = new TaskCompletionSource();
                    LeftBehind = WriteForeverAsync(responses, written);
                    await written.Task;
                    return;
                default:
                    await responses.WriteAsync(new EchoReply { Text = request.Text, Body = request.Body });
                    break;
            }
        }
    }

    private static async Task WriteForeverAsync(RpcResponseWriter<EchoReply> responses, TaskCompletionSource written)
    {
        while (true)
        {
            await responses.WriteAsync(new EchoReply());
            written.TrySetResult();
        }
    }

    private async Task<EchoReply> HoldAsync(IAsyncEnumerable<EchoRequest> requests, RpcServerContext context)
    {
        _waiting.TrySetResult();
        await _released.Task.WaitAsync(context.CancellationToken);
        return await SumAsync(requests, context);
    }

    private async Task<EchoReply> WaitAsync(EchoRequest request, RpcServerContext context)
    {
        _waiting.TrySetResult();
        try
        {
            await _released.Task.WaitAsync(context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TrySetResult();
            throw;
        }

        return new EchoReply();
    }
}
