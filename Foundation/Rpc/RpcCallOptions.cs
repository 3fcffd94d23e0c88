namespace OrleansFlow.Rpc;

/// <summary>What is particular to one call of a client.</summary>
/// <param name="Deadline">Time from the start of the call until it fails with
/// <see cref="RpcStatusCode.DeadlineExceeded"/>; the server gets to know it. Null: no limit.</param>
/// <param name="Metadata">Headers of the call; null for none.</param>
/// <param name="CancellationToken">Cancels the call on both sides.</param>
public readonly record struct RpcCallOptions(
    TimeSpan? Deadline = null, RpcMetadata? Metadata = null, CancellationToken CancellationToken = default)
{
    /// <summary>How requests travel.</summary>
    /// <value>Default null: as the channel's options say.</value>
    public RpcCompression? Compression { get; init; }
}
