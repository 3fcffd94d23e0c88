using Google.Protobuf;

namespace OrleansFlow.Rpc;

/// <summary>Protocol Buffers messages. One shared instance per message type.</summary>
internal sealed class ProtobufMarshaller<T> : RpcMarshaller<T>
    where T : class, IMessage<T>, new()
{
    public static readonly ProtobufMarshaller<T> Instance = new();

    private readonly MessageParser<T> _parser = new(() => new T());

    public override int GetSize(T message) => message.CalculateSize();

    public override ValueTask WriteAsync(T message, RpcBodyWriter output, int size, CancellationToken cancellationToken)
    {
        if (size > 0)
        {
            message.WriteTo(output.GetSpan(size)[..size]);
            output.Advance(size);
        }

        return ValueTask.CompletedTask;
    }

    public override async ValueTask<T> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken)
    {
        var bytes = await input.ReadBlockAsync(size, cancellationToken).ConfigureAwait(false);
        try
        {
            return _parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RpcException(
                new RpcStatus(RpcStatusCode.Internal, $"A message of {size} bytes is no valid {typeof(T).Name}: {exception.Message}"),
                innerException: exception);
        }
    }
}
