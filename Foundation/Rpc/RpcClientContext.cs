namespace OrleansFlow.Rpc;

/// <summary>What an interceptor knows about a client's call. Not thread-safe.</summary>
public sealed class RpcClientContext
{
    internal RpcClientContext(string method, RpcMethodKind kind, Uri address, TimeSpan? deadline, CancellationToken cancellationToken)
    {
        Method = method;
        Kind = kind;
        Address = address;
        Deadline = deadline;
        CancellationToken = cancellationToken;
    }

    /// <summary>The method's path: <c>/service/method</c>.</summary>
    public string Method { get; }

    /// <summary>Which sides are streams.</summary>
    public RpcMethodKind Kind { get; }

    /// <summary>The server.</summary>
    public Uri Address { get; }

    /// <summary>Time that the call was given at its start; null for no limit.</summary>
    public TimeSpan? Deadline { get; }

    /// <summary>Sent beside the metadata of channel and call, when it is added before the call goes on.</summary>
    public RpcMetadata Metadata { get; } = [];

    /// <summary>Fires when the call is cancelled or its deadline passes.</summary>
    public CancellationToken CancellationToken { get; }
}
