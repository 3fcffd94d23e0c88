using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansFlow.Rpc.Server;

/// <summary>Settings of Kestrel for RPC with streams of large messages.</summary>
public static class RpcKestrel
{
    /// <summary>Largest HTTP/2 frame that is received, and sent to peers that take it, in bytes.</summary>
    public const int FrameBytes = 1024 * 1024;

    /// <summary>Bytes of one request stream that may be under way unread: an upload's window.</summary>
    public const int StreamWindowBytes = 8 * 1024 * 1024;

    /// <summary>Bytes of all request streams of one connection that may be under way unread.</summary>
    public const int ConnectionWindowBytes = 16 * 1024 * 1024;

    /// <summary>Calls at a time on one connection; long watches and worker sessions each hold one.</summary>
    public const int StreamsPerConnection = 1000;

    /// <summary>
    /// Prepares Kestrel: wide upload windows and frames, no limit on the size of a stream or on how slowly it flows (flow
    /// control and deadlines bound it instead), and pings that find dead peers.
    /// </summary>
    /// <remarks>
    /// The limits are for the whole server. Where it also serves HTTP/1.1, bound the request bodies per endpoint.
    /// </remarks>
    public static void ConfigureFlowHttp2(this KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddServerHeader = false;
        var limits = options.Limits;
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.Http2.MaxFrameSize = FrameBytes;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
