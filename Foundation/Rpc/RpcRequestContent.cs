using System.IO.Pipelines;
using System.Net;

namespace OrleansFlow.Rpc;

/// <summary>A request body of one message.</summary>
internal sealed class RpcRequestContent<TRequest>(RpcMarshaller<TRequest> marshaller, TRequest request, bool compress) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        var output = new RpcBodyWriter(pipe, direct: true);
        await RpcFrame.WriteAsync(output, marshaller, request, compress, bytesMax: int.MaxValue, flush: true, cancellationToken)
            .ConfigureAwait(false);
        await pipe.CompleteAsync().ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
