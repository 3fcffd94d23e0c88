using System.Security.Cryptography.X509Certificates;

namespace OrleansFlow.Rpc;

/// <summary>What a handler knows about its call. Lives as long as the call; not thread-safe unless said otherwise.</summary>
public abstract class RpcServerContext
{
    /// <summary>The method's path: <c>/service/method</c>.</summary>
    public abstract string Method { get; }

    /// <summary>Which sides are streams.</summary>
    public abstract RpcMethodKind Kind { get; }

    /// <summary>Where the caller is, as <c>ipv4:127.0.0.1:50000</c>, <c>ipv6:[::1]:50000</c> or <c>unix:</c>.</summary>
    public abstract string Peer { get; }

    /// <summary>
    /// The certificate that the caller presented; null without TLS, or when it presented none. It is checked only as far as
    /// the listener's TLS options check it.
    /// </summary>
    public abstract X509Certificate2? ClientCertificate { get; }

    /// <summary>Who calls: at first whom <see cref="ClientCertificate"/> names, or nobody; interceptors that know more set it. Never null.</summary>
    public RpcCaller Caller
    {
        get => field ??= ClientCertificate is { } certificate ? RpcCaller.Of(certificate) : RpcCaller.Nobody;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>What the caller sent beside its messages.</summary>
    public abstract RpcMetadata RequestHeaders { get; }

    /// <summary>Sent before the first response; changes after that have no effect.</summary>
    public abstract RpcMetadata ResponseHeaders { get; }

    /// <summary>Sent with the status at the end.</summary>
    public abstract RpcMetadata ResponseTrailers { get; }

    /// <summary>Whether the request that was read last came compressed.</summary>
    public abstract bool RequestCompressed { get; }

    /// <summary>
    /// How responses travel when the caller accepts it; at first what the server's options say. Changes after the response
    /// headers have no effect.
    /// </summary>
    public abstract RpcCompression ResponseCompression { get; set; }

    /// <summary>Time until the caller gives up; never negative; null when it waits for ever.</summary>
    public abstract TimeSpan? Remaining { get; }

    /// <summary>
    /// Fires when the answer is of no use any more: the caller cancelled or went away, its deadline passed, or, for
    /// calls with a stream, the server is stopping. Thread-safe.
    /// </summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>
    /// Fires when the server begins to stop, before <see cref="CancellationToken"/> of streams by the server's shutdown
    /// grace: the moment to say goodbye in the stream. Thread-safe.
    /// </summary>
    public abstract CancellationToken ServerStopping { get; }

    /// <summary>Services of the host, in the scope of this call.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Room for interceptors to leave what they found out, as who the caller is.</summary>
    public abstract IDictionary<object, object?> Items { get; }

    /// <summary>
    /// Sends <see cref="ResponseHeaders"/> now instead of with the first response. A duplex handler that waits for a
    /// request before it answers should do so first: some clients wait for the headers before they send.
    /// </summary>
    /// <remarks>Repeating it does nothing.</remarks>
    public abstract Task SendResponseHeadersAsync();
}
