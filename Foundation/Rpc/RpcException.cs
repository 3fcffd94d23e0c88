namespace OrleansFlow.Rpc;

/// <summary>
/// A call that did not end with <see cref="RpcStatusCode.Ok"/>. Thrown by clients; thrown by a server's handler it
/// becomes the status of the call, word for word.
/// </summary>
public sealed class RpcException : Exception
{
    /// <summary>Fails with a code and a message.</summary>
    /// <param name="code">Not <see cref="RpcStatusCode.Ok"/>.</param>
    /// <param name="message">Goes to the peer: name the thing, the bad value and the way out, and no secret.</param>
    /// <exception cref="ArgumentException"><paramref name="code"/> is Ok.</exception>
    public RpcException(RpcStatusCode code, string message)
        : this(new RpcStatus(code, message))
    {
    }

    /// <summary>Fails with a whole status.</summary>
    /// <param name="status">Not Ok.</param>
    /// <param name="trailers">What travels beside the status; null for nothing.</param>
    /// <param name="innerException">The local cause; never travels.</param>
    /// <exception cref="ArgumentException"><paramref name="status"/> is Ok.</exception>
    public RpcException(RpcStatus status, RpcMetadata? trailers = null, Exception? innerException = null)
        : base(Describe(status), innerException)
    {
        Status = status;
        Trailers = trailers ?? [];
    }

    /// <summary>How the call ended.</summary>
    public RpcStatus Status { get; }

    /// <summary>Shorthand for the code of <see cref="Status"/>.</summary>
    public RpcStatusCode Code => Status.Code;

    /// <summary>Trailing metadata of the call; empty when there is none.</summary>
    public RpcMetadata Trailers { get; }

    private static string Describe(RpcStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        if (status.IsOk)
        {
            throw new ArgumentException("A call that succeeded is no exception: the status is Ok.", nameof(status));
        }

        return status.ToString();
    }
}
