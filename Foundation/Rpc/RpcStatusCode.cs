namespace OrleansFlow.Rpc;

/// <summary>The seventeen outcomes of a gRPC call. Numbers are the wire protocol and never change.</summary>
public enum RpcStatusCode
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>A failure that carries no better code, as an unhandled exception of a handler.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first; the call may or may not have had its effect.</summary>
    DeadlineExceeded = 4,

    /// <summary>The thing that the request names does not exist.</summary>
    NotFound = 5,

    /// <summary>The thing to create exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota or a size limit is exceeded.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs; do not retry before changing it.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict of concurrent changes; retry at a higher level.</summary>
    Aborted = 10,

    /// <summary>Past the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The method does not exist or is not offered here.</summary>
    Unimplemented = 12,

    /// <summary>An invariant of the protocol or the server is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or is stopping; retry with back-off.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or corrupted for good.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}
