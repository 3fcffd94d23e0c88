namespace OrleansFlow.Rpc;

/// <summary>How messages are made smaller on their way. Both ends always understand either.</summary>
public enum RpcCompression
{
    /// <summary>They travel as they are.</summary>
    None = 0,

    /// <summary>Each message by itself with gzip (<c>grpc-encoding: gzip</c>), fastest level.</summary>
    Gzip = 1,
}
