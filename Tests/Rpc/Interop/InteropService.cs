using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Interop.Protos;

namespace OrleansFlow.Tests.Rpc.Interop;

/// <summary>The server's half of the public interop cases.</summary>
internal static class InteropService
{
    private const string InitialKey = "x-grpc-test-echo-initial";
    private const string TrailingKey = "x-grpc-test-echo-trailing-bin";

    public static RpcServiceDefinition Define() => new RpcServiceDefinition(InteropMethods.Service)
        .Unary(InteropMethods.Empty, (_, _) => Task.FromResult(new Empty()))
        .Unary(InteropMethods.Unary, AnswerAsync)
        .ServerStreaming(InteropMethods.StreamingOutput, WriteAllAsync)
        .ClientStreaming(InteropMethods.StreamingInput, SumAsync)
        .Duplex(InteropMethods.FullDuplex, ConverseAsync);

    private static Task<SimpleResponse> AnswerAsync(SimpleRequest request, RpcServerContext context)
    {
        EchoMetadata(context);
        CheckCompressed(request.ExpectCompressed, context);
        Fail(request.ResponseStatus);
        context.ResponseCompression = request.ResponseCompressed?.Value == true ? RpcCompression.Gzip : RpcCompression.None;
        return Task.FromResult(new SimpleResponse { Payload = Zeros(request.ResponseSize) });
    }

    private static async Task<StreamingInputCallResponse> SumAsync(IAsyncEnumerable<StreamingInputCallRequest> requests, RpcServerContext context)
    {
        var total = 0;
        await foreach (var request in requests)
        {
            CheckCompressed(request.ExpectCompressed, context);
            total += request.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = total };
    }

    private static async Task ConverseAsync(
        IAsyncEnumerable<StreamingOutputCallRequest> requests, RpcResponseWriter<StreamingOutputCallResponse> responses, RpcServerContext context)
    {
        EchoMetadata(context);
        await context.SendResponseHeadersAsync();
        await foreach (var request in requests)
        {
            Fail(request.ResponseStatus);
            await WriteAllAsync(request, responses, context);
        }
    }

    private static async Task WriteAllAsync(
        StreamingOutputCallRequest request, RpcResponseWriter<StreamingOutputCallResponse> responses, RpcServerContext context)
    {
        if (request.ResponseParameters.Any(parameters => parameters.Compressed?.Value == true))
        {
            context.ResponseCompression = RpcCompression.Gzip;
        }

        foreach (var parameters in request.ResponseParameters)
        {
            responses.Compress = parameters.Compressed?.Value == true;
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) });
        }
    }

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    private static void CheckCompressed(BoolValue? expected, RpcServerContext context)
    {
        if (expected is not null && expected.Value != context.RequestCompressed)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "The request is not compressed as it says.");
        }
    }

    private static void Fail(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException((RpcStatusCode)status.Code, status.Message);
        }
    }

    private static void EchoMetadata(RpcServerContext context)
    {
        if (context.RequestHeaders.GetValue(InitialKey) is { } initial)
        {
            context.ResponseHeaders.Add(InitialKey, initial);
        }

        if (context.RequestHeaders.GetBytes(TrailingKey) is { } trailing)
        {
            context.ResponseTrailers.Add(TrailingKey, trailing);
        }
    }
}
