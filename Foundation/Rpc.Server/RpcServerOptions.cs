namespace OrleansFlow.Rpc.Server;

/// <summary>Limits of the gRPC server. Section: <c>OrleansFlow:Rpc</c>. Read once when a service is mapped.</summary>
public sealed class RpcServerOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Rpc";

    /// <summary>
    /// Largest request message accepted, in bytes, unless its marshaller has its own limit. Larger: each call may hold as
    /// much memory.
    /// </summary>
    /// <value>Default 16 MiB. Range 1 KiB to 2 GiB - 1, which is no limit (<see cref="RpcChannelOptions.NoMessageLimit"/>).</value>
    public int MaxReceiveMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Largest response message sent, in bytes before compression, unless its marshaller has its own limit.</summary>
    /// <value>Default 2 GiB - 1, which is no limit: the caller's decides. Range 1 KiB to 2 GiB - 1.</value>
    public int MaxSendMessageBytes { get; set; } = RpcChannelOptions.NoMessageLimit;

    /// <summary>
    /// Calls under way at once, streams included; one more is refused as <see cref="RpcStatusCode.ResourceExhausted"/> before
    /// its request is read. How many one connection may carry is <see cref="RpcKestrel.StreamsPerConnection"/>.
    /// </summary>
    /// <value>Default 10 000. Range 1 to 1 000 000.</value>
    public int MaxConcurrentCalls { get; set; } = 10_000;

    /// <summary>How responses travel to callers that accept it; a handler may choose otherwise for its call.</summary>
    /// <value>Default <see cref="RpcCompression.None"/>: on fast networks compression costs more time than it saves.</value>
    public RpcCompression ResponseCompression { get; set; }

    /// <summary>
    /// Time between the begin of the server's stop and the cancellation of calls with a stream. Calls without a stream are
    /// left to end by themselves, bounded by the host's own shutdown timeout.
    /// </summary>
    /// <value>Default zero. Range zero to 5 min.</value>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Time between the cancellation of a call, by its deadline or the server's stop, and its forced end when the caller
    /// takes no more bytes.
    /// </summary>
    /// <value>Default 1 s. Range 10 ms to 1 min.</value>
    public TimeSpan AbortGrace { get; set; } = TimeSpan.FromSeconds(1);
}
