using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <summary>Bytes as they are.</summary>
internal sealed class BytesMarshaller : RpcMarshaller<byte[]>
{
    public override int GetSize(byte[] message) => message.Length;

    public override ValueTask WriteAsync(byte[] message, RpcBodyWriter output, int size, CancellationToken cancellationToken) =>
        output.WriteAsync(message, cancellationToken);

    public override async ValueTask<byte[]> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken)
    {
        var message = new byte[size];
        await input.ReadExactlyAsync(message, cancellationToken);
        return message;
    }
}
