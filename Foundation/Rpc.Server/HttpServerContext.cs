using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace OrleansFlow.Rpc.Server;

/// <summary>The context of a call that Kestrel carries.</summary>
internal sealed class HttpServerContext : RpcServerContext
{
    private readonly HttpContext _http;
    private readonly RpcServiceMethod _method;
    private readonly HttpServerCall _call;
    private RpcMetadata? _requestHeaders;

    public HttpServerContext(HttpContext http, RpcServiceMethod method, HttpServerCall call, RpcCompression responseCompression)
    {
        _http = http;
        _method = method;
        _call = call;
        ResponseCompression = responseCompression;
    }

    public override string Method => _method.FullName;

    public override RpcMethodKind Kind => _method.Kind;

    public override string Peer
    {
        get
        {
            var connection = _http.Connection;
            return connection.RemoteIpAddress switch
            {
                null => "unix:",
                { AddressFamily: AddressFamily.InterNetwork } address => $"ipv4:{address}:{connection.RemotePort}",
                { IsIPv4MappedToIPv6: true } address => $"ipv4:{address.MapToIPv4()}:{connection.RemotePort}",
                IPAddress address => $"ipv6:[{address}]:{connection.RemotePort}",
            };
        }
    }

    public override X509Certificate2? ClientCertificate => _http.Connection.ClientCertificate;

    public override RpcMetadata RequestHeaders => _requestHeaders ??= ReadRequestHeaders();

    public override RpcMetadata ResponseHeaders { get; } = [];

    public override RpcMetadata ResponseTrailers { get; } = [];

    public override bool RequestCompressed => _call.RequestCompressed;

    public override RpcCompression ResponseCompression { get; set; }

    public override TimeSpan? Remaining => _call.Remaining;

    public override CancellationToken CancellationToken => _call.CancellationToken;

    public override CancellationToken ServerStopping => _call.ServerStopping;

    public override IServiceProvider Services => _http.RequestServices;

    public override IDictionary<object, object?> Items => _http.Items;

    public override Task SendResponseHeadersAsync() => _call.StartResponseAsync(flush: true);

    private RpcMetadata ReadRequestHeaders()
    {
        var metadata = new RpcMetadata();
        foreach (var (key, values) in _http.Request.Headers)
        {
            if (key.StartsWith(':') || key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
                || key.Equals("content-type", StringComparison.OrdinalIgnoreCase)
                || key.Equals("te", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                metadata.AddReceived(key, value ?? "");
            }
        }

        return metadata;
    }
}
