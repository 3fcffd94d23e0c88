namespace OrleansFlow.Rpc;

/// <summary>One message, or the end of the stream when it is default.</summary>
internal readonly struct RpcReadResult<T>(T message, bool compressed = false)
{
    public bool HasMessage { get; } = true;

    public T Message { get; } = message;

    /// <summary>Whether it came compressed.</summary>
    public bool Compressed { get; } = compressed;
}
