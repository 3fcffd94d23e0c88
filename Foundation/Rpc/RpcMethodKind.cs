namespace OrleansFlow.Rpc;

/// <summary>Which sides of a call are streams.</summary>
public enum RpcMethodKind
{
    /// <summary>One request, one response.</summary>
    Unary = 0,

    /// <summary>One request, many responses.</summary>
    ServerStreaming = 1,

    /// <summary>Many requests, one response.</summary>
    ClientStreaming = 2,

    /// <summary>Many requests and many responses, each side at its own pace.</summary>
    Duplex = 3,
}
