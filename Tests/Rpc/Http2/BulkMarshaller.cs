using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc.Http2;

/// <summary>Says of any messages that they are bulk, so that their calls take connections of their own.</summary>
internal sealed class BulkMarshaller<T>(RpcMarshaller<T> inner) : RpcMarshaller<T>
{
    public override bool IsBulk => true;

    public override int GetSize(T message) => inner.GetSize(message);

    public override ValueTask WriteAsync(T message, RpcBodyWriter output, int size, CancellationToken cancellationToken) =>
        inner.WriteAsync(message, output, size, cancellationToken);

    public override ValueTask<T> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken) =>
        inner.ReadAsync(input, size, cancellationToken);
}
