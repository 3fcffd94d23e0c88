using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Interop.Protos;

namespace OrleansFlow.Tests.Rpc.Interop;

/// <content>The cases with compressed messages.</content>
internal static partial class InteropCases
{
    /// <summary>The cases that need a server with compression.</summary>
    public static readonly IReadOnlyDictionary<string, Func<RpcChannel, CancellationToken, Task>> Compressed =
        new Dictionary<string, Func<RpcChannel, CancellationToken, Task>>
        {
            ["client_compressed_unary"] = ClientCompressedUnaryAsync,
            ["client_compressed_streaming"] = ClientCompressedStreamingAsync,
            ["server_compressed_unary"] = ServerCompressedUnaryAsync,
            ["server_compressed_streaming"] = ServerCompressedStreamingAsync,
        };

    private static async Task ClientCompressedUnaryAsync(RpcChannel channel, CancellationToken token)
    {
        // First the probe: a server that cannot tell would make the rest of the case worthless.
        var probe = Large();
        probe.ExpectCompressed = new BoolValue { Value = true };
        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(InteropMethods.Unary, probe, new(CancellationToken: token)));
        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);

        foreach (var (compression, compressed) in ((RpcCompression, bool)[])[(RpcCompression.Gzip, true), (RpcCompression.None, false)])
        {
            var request = Large();
            request.ExpectCompressed = new BoolValue { Value = compressed };
            var response = await channel.UnaryAsync(
                InteropMethods.Unary, request, new(CancellationToken: token) { Compression = compression });
            Assert.Equal(314_159, response.Payload.Body.Length);
        }
    }

    private static async Task ClientCompressedStreamingAsync(RpcChannel channel, CancellationToken token)
    {
        await using var probe = channel.ClientStreaming(InteropMethods.StreamingInput, new(CancellationToken: token));
        await probe.WriteAsync(Part(27_182, expectCompressed: true), token);
        var failure = await Assert.ThrowsAsync<RpcException>(probe.CompleteAsync);
        Assert.Equal(RpcStatusCode.InvalidArgument, failure.Code);

        await using var call = channel.ClientStreaming(
            InteropMethods.StreamingInput, new(CancellationToken: token) { Compression = RpcCompression.Gzip });
        await call.WriteAsync(Part(27_182, expectCompressed: true), token);
        call.CompressRequests = false;
        await call.WriteAsync(Part(45_904, expectCompressed: false), token);
        Assert.Equal(73_086, (await call.CompleteAsync()).AggregatedPayloadSize);

        static StreamingInputCallRequest Part(int size, bool expectCompressed) =>
            new() { Payload = Zeros(size), ExpectCompressed = new BoolValue { Value = expectCompressed } };
    }

    private static async Task ServerCompressedUnaryAsync(RpcChannel channel, CancellationToken token)
    {
        foreach (var compressed in (bool[])[true, false])
        {
            var request = Large();
            request.ResponseCompressed = new BoolValue { Value = compressed };
            var result = await channel.UnaryWithMetadataAsync(InteropMethods.Unary, request, new(CancellationToken: token));
            Assert.Equal((314_159, compressed), (result.Response.Payload.Body.Length, result.Compressed));
        }
    }

    private static async Task ServerCompressedStreamingAsync(RpcChannel channel, CancellationToken token)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(new ResponseParameters { Size = 31_415, Compressed = new BoolValue { Value = true } });
        request.ResponseParameters.Add(new ResponseParameters { Size = 92_653, Compressed = new BoolValue { Value = false } });
        var call = channel.ServerStreaming(InteropMethods.StreamingOutput, request, new(CancellationToken: token));
        var seen = new List<(int, bool)>();
        await foreach (var response in call.WithCancellation(token))
        {
            seen.Add((response.Payload.Body.Length, call.ResponseCompressed));
        }

        Assert.Equal([(31_415, true), (92_653, false)], seen);
    }
}
