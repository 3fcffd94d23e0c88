using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Interop.Protos;

namespace OrleansFlow.Tests.Rpc.Interop;

/// <summary>The client's half of the public interop cases, by their public names.</summary>
internal static partial class InteropCases
{
    private static readonly int[] ResponseSizes = [31_415, 9, 2_653, 58_979];
    private static readonly int[] RequestSizes = [27_182, 8, 1_828, 45_904];

    /// <summary>The cases that need no compression.</summary>
    public static readonly IReadOnlyDictionary<string, Func<RpcChannel, CancellationToken, Task>> Plain =
        new Dictionary<string, Func<RpcChannel, CancellationToken, Task>>
        {
            ["empty_unary"] = (channel, token) => channel.UnaryAsync(InteropMethods.Empty, new Empty(), new(CancellationToken: token)),
            ["large_unary"] = LargeUnaryAsync,
            ["client_streaming"] = ClientStreamingAsync,
            ["server_streaming"] = ServerStreamingAsync,
            ["ping_pong"] = PingPongAsync,
            ["empty_stream"] = EmptyStreamAsync,
            ["cancel_after_begin"] = CancelAfterBeginAsync,
            ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
            ["timeout_on_sleeping_server"] = TimeoutOnSleepingServerAsync,
            ["custom_metadata"] = CustomMetadataAsync,
            ["status_code_and_message"] = StatusCodeAndMessageAsync,
            ["special_status_message"] = SpecialStatusMessageAsync,
            ["unimplemented_method"] = (channel, token) => UnimplementedAsync(channel, InteropMethods.Unimplemented, token),
            ["unimplemented_service"] = (channel, token) => UnimplementedAsync(channel, InteropMethods.OfUnimplementedService, token),
        };

    private static async Task LargeUnaryAsync(RpcChannel channel, CancellationToken token)
    {
        var response = await channel.UnaryAsync(InteropMethods.Unary, Large(), new(CancellationToken: token));
        Assert.Equal(new byte[314_159], response.Payload.Body.ToByteArray());
    }

    private static async Task ClientStreamingAsync(RpcChannel channel, CancellationToken token)
    {
        await using var call = channel.ClientStreaming(InteropMethods.StreamingInput, new(CancellationToken: token));
        foreach (var size in RequestSizes)
        {
            await call.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) }, token);
        }

        Assert.Equal(74_922, (await call.CompleteAsync()).AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(RpcChannel channel, CancellationToken token)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(ResponseSizes.Select(size => new ResponseParameters { Size = size }));
        var sizes = await channel.ServerStreaming(InteropMethods.StreamingOutput, request)
            .Select(response => response.Payload.Body.Length).ToListAsync(token);
        Assert.Equal(ResponseSizes, sizes);
    }

    private static async Task PingPongAsync(RpcChannel channel, CancellationToken token)
    {
        await using var call = channel.Duplex(InteropMethods.FullDuplex, new(CancellationToken: token));
        await using var responses = call.ReadAllAsync(token).GetAsyncEnumerator(token);
        for (var index = 0; index < ResponseSizes.Length; index++)
        {
            await call.WriteAsync(Ask(ResponseSizes[index], RequestSizes[index]), token);
            Assert.True(await responses.MoveNextAsync());
            Assert.Equal(ResponseSizes[index], responses.Current.Payload.Body.Length);
        }

        await call.CompleteAsync();
        Assert.False(await responses.MoveNextAsync());
    }

    private static async Task EmptyStreamAsync(RpcChannel channel, CancellationToken token)
    {
        await using var call = channel.Duplex(InteropMethods.FullDuplex, new(CancellationToken: token));
        await call.CompleteAsync();
        Assert.Equal(0, await call.ReadAllAsync(token).CountAsync(token));
    }

    private static async Task CancelAfterBeginAsync(RpcChannel channel, CancellationToken token)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);
        await using var call = channel.ClientStreaming(InteropMethods.StreamingInput, new(CancellationToken: cancel.Token));
        await cancel.CancelAsync();

        // Cancelling a call ends it for .NET callers as cancelled work, not as a failure of the call.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(call.CompleteAsync);
    }

    private static async Task CancelAfterFirstResponseAsync(RpcChannel channel, CancellationToken token)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(token);
        await using var call = channel.Duplex(InteropMethods.FullDuplex, new(CancellationToken: cancel.Token));
        await using var responses = call.ReadAllAsync(token).GetAsyncEnumerator(token);
        await call.WriteAsync(Ask(31_415, 27_182), token);
        Assert.True(await responses.MoveNextAsync());
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => responses.MoveNextAsync().AsTask());
    }

    private static async Task TimeoutOnSleepingServerAsync(RpcChannel channel, CancellationToken token)
    {
        await using var call = channel.Duplex(
            InteropMethods.FullDuplex, new(Deadline: TimeSpan.FromMilliseconds(1), CancellationToken: token));
        try
        {
            await call.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27_182) }, token);
        }
        catch (RpcException)
        {
            // The deadline may pass before the request is written; the outcome below is the same.
        }

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ReadAllAsync(token).CountAsync(token).AsTask());
        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
    }

    private static async Task CustomMetadataAsync(RpcChannel channel, CancellationToken token)
    {
        var metadata = new RpcMetadata
        {
            { "x-grpc-test-echo-initial", "test_initial_metadata_value" },
            { "x-grpc-test-echo-trailing-bin", new byte[] { 0xAB, 0xAB, 0xAB } },
        };
        var unary = await channel.UnaryWithMetadataAsync(InteropMethods.Unary, Large(), new(Metadata: metadata, CancellationToken: token));
        Check(unary.Headers, unary.Trailers);

        await using var call = channel.Duplex(InteropMethods.FullDuplex, new(Metadata: metadata, CancellationToken: token));
        await call.WriteAsync(Ask(314_159, 271_828), token);
        await call.CompleteAsync();
        Assert.Equal(1, await call.ReadAllAsync(token).CountAsync(token));
        Check(await call.GetHeadersAsync(token), call.Trailers);

        static void Check(RpcMetadata headers, RpcMetadata trailers)
        {
            Assert.Equal("test_initial_metadata_value", headers.GetValue("x-grpc-test-echo-initial"));
            Assert.Equal([0xAB, 0xAB, 0xAB], trailers.GetBytes("x-grpc-test-echo-trailing-bin")!.Value.ToArray());
        }
    }

    private static async Task StatusCodeAndMessageAsync(RpcChannel channel, CancellationToken token)
    {
        var status = new EchoStatus { Code = 2, Message = "test status message" };
        var unary = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            InteropMethods.Unary, new SimpleRequest { ResponseStatus = status }, new(CancellationToken: token)));
        Assert.Equal(new RpcStatus(RpcStatusCode.Unknown, "test status message"), unary.Status);

        await using var call = channel.Duplex(InteropMethods.FullDuplex, new(CancellationToken: token));
        await call.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status }, token);
        await call.CompleteAsync();
        var duplex = await Assert.ThrowsAsync<RpcException>(() => call.ReadAllAsync(token).CountAsync(token).AsTask());
        Assert.Equal(new RpcStatus(RpcStatusCode.Unknown, "test status message"), duplex.Status);
    }

    private static async Task SpecialStatusMessageAsync(RpcChannel channel, CancellationToken token)
    {
        const string Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = 2, Message = Message } };
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(InteropMethods.Unary, request, new(CancellationToken: token)));
        Assert.Equal(new RpcStatus(RpcStatusCode.Unknown, Message), failure.Status);
    }

    private static async Task UnimplementedAsync(RpcChannel channel, RpcMethod<Empty, Empty> method, CancellationToken token)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(method, new Empty(), new(CancellationToken: token)));
        Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);
    }

    private static SimpleRequest Large() => new() { ResponseSize = 314_159, Payload = Zeros(271_828) };

    private static StreamingOutputCallRequest Ask(int responseSize, int requestSize)
    {
        var request = new StreamingOutputCallRequest { Payload = Zeros(requestSize) };
        request.ResponseParameters.Add(new ResponseParameters { Size = responseSize });
        return request;
    }

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };
}
