namespace OrleansFlow.Rpc;

/// <summary>One message, or the end of the stream when it is default.</summary>
internal readonly struct RpcReadResult<T>(T message)
{
    public bool HasMessage { get; } = true;

    public T Message { get; } = message;
}
