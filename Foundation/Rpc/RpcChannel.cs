using System.Net;
using System.Net.Sockets;
using OrleansFlow.Rpc.Http2;

namespace OrleansFlow.Rpc;

/// <summary>
/// A client's way to one server over HTTP/2. Connects when first used and again after a loss; calls share its
/// connections. Thread-safe; make one per server and keep it.
/// </summary>
public sealed class RpcChannel : IAsyncDisposable
{
    private readonly SocketsHttpHandler _handler;

    /// <summary>Makes a channel; nothing is sent yet.</summary>
    /// <param name="address"><c>http://host:port</c> for HTTP/2 without TLS, <c>https://host:port</c> with it.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is neither, or has a path.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public RpcChannel(Uri address, RpcChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            || address.PathAndQuery != "/")
        {
            throw new ArgumentException($"RPC address '{address}' must be http://host:port or https://host:port.", nameof(address));
        }

        Options = options ?? new RpcChannelOptions();
        Options.Validate();
        Address = address;
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = Options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = Options.StreamWindowBytes,
            KeepAlivePingDelay = Options.KeepAliveInterval,
            KeepAlivePingTimeout = Options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        };
        if (Options.Tls is { } tls)
        {
            _handler.SslOptions = tls;
        }

        Invoker = new HttpMessageInvoker(_handler, disposeHandler: true);

        // Of the sockets, not of deadlines: a test that moves its clock on does not make a server silent.
        DownloadInvoker = address.Scheme == Uri.UriSchemeHttp
            ? new HttpMessageInvoker(new Http2DownloadHandler(_handler, address, Options, TimeProvider.System), disposeHandler: true)
            : Invoker;
        UploadInvoker = address.Scheme == Uri.UriSchemeHttp
            ? new HttpMessageInvoker(new Http2UploadHandler(_handler, address, Options, TimeProvider.System), disposeHandler: true)
            : Invoker;
    }

    /// <summary>The server.</summary>
    public Uri Address { get; }

    internal RpcChannelOptions Options { get; }

    internal HttpMessageInvoker Invoker { get; }

    /// <summary>For calls with one request whose responses are bulk.</summary>
    internal HttpMessageInvoker DownloadInvoker { get; }

    /// <summary>For calls whose requests alone are bulk.</summary>
    internal HttpMessageInvoker UploadInvoker { get; }

    /// <summary>Makes a channel; nothing is sent yet.</summary>
    /// <exception cref="ArgumentException">The address is no <c>http</c> or <c>https</c> address, or has a path.</exception>
    public static RpcChannel ForAddress(string address, RpcChannelOptions? options = null) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
            ? new RpcChannel(uri, options)
            : throw new ArgumentException($"RPC address '{address}' must be http://host:port or https://host:port.", nameof(address));

    /// <summary>Sends one request and waits for its response.</summary>
    /// <exception cref="RpcException">The call failed, or its deadline passed.</exception>
    /// <exception cref="OperationCanceledException">The token of the options fired.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcCallOptions options = default)
    {
        var result = await UnaryWithMetadataAsync(method, request, options).ConfigureAwait(false);
        return result.Response;
    }

    /// <summary>Sends one request and waits for its response, headers and trailers.</summary>
    /// <exception cref="RpcException">The call failed, or its deadline passed.</exception>
    /// <exception cref="OperationCanceledException">The token of the options fired.</exception>
    public async Task<RpcUnaryResult<TResponse>> UnaryWithMetadataAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcCallOptions options = default)
    {
        CheckKind(method, RpcMethodKind.Unary);
        var content = MakeContent(method.RequestMarshaller, request, options);
        var call = new RpcClientCall(this, method.FullName, method.Kind, options, content, abortRequest: null);
        await using var _ = call.ConfigureAwait(false);
        var response = await call.ReadSingleAsync(method.ResponseMarshaller).ConfigureAwait(false);
        return new RpcUnaryResult<TResponse>(
            response, await call.GetHeadersAsync(CancellationToken.None).ConfigureAwait(false), call.Trailers, call.ResponseCompressed);
    }

#pragma warning disable VSTHRD200 // It makes a call object, as ClientStreaming and Duplex do; nothing is awaited here.
    /// <summary>Prepares a call whose responses are enumerated; it starts with the enumeration.</summary>
    public RpcServerStreamingCall<TResponse> ServerStreaming<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcCallOptions options = default)
    {
        CheckKind(method, RpcMethodKind.ServerStreaming);
        return new RpcServerStreamingCall<TResponse>(
            () => new RpcClientCall(
                this,
                method.FullName,
                method.Kind,
                options,
                MakeContent(method.RequestMarshaller, request, options),
                abortRequest: null,
                method.ResponseMarshaller.IsBulk ? DownloadInvoker : Invoker),
            method.ResponseMarshaller);
    }
#pragma warning restore VSTHRD200

    /// <summary>Starts a call whose requests are written one by one and answered once. Dispose it.</summary>
    /// <exception cref="OperationCanceledException">The token of the options has fired already.</exception>
    public RpcClientStreamingCall<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcCallOptions options = default)
    {
        CheckKind(method, RpcMethodKind.ClientStreaming);
        var requests = new RpcRequestStream<TRequest>(method.RequestMarshaller, method.FullName, Compresses(options), Options.MaxSendMessageBytes);
        return new RpcClientStreamingCall<TRequest, TResponse>(
            new RpcClientCall(this, method.FullName, method.Kind, options, requests, requests.Abort, InvokerFor(method)), requests, method.ResponseMarshaller);
    }

    /// <summary>Starts a call with streams both ways. Dispose it.</summary>
    /// <exception cref="OperationCanceledException">The token of the options has fired already.</exception>
    public RpcDuplexCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcCallOptions options = default)
    {
        CheckKind(method, RpcMethodKind.Duplex);
        var requests = new RpcRequestStream<TRequest>(method.RequestMarshaller, method.FullName, Compresses(options), Options.MaxSendMessageBytes);
        return new RpcDuplexCall<TRequest, TResponse>(
            new RpcClientCall(this, method.FullName, method.Kind, options, requests, requests.Abort, InvokerFor(method)), requests, method.ResponseMarshaller);
    }

    /// <summary>Closes the connections; calls under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        DownloadInvoker.Dispose();
        UploadInvoker.Dispose();
        Invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    internal async ValueTask AddHeadersAsync(
        HttpRequestMessage request, RpcCallOptions options, RpcMetadata? interceptorMetadata, CancellationToken cancellationToken)
    {
        var headers = request.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation("grpc-accept-encoding", RpcFrame.AcceptedEncodings);
        request.Content!.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        if (Compresses(options))
        {
            headers.TryAddWithoutValidation("grpc-encoding", RpcFrame.Gzip);
        }

        if (options.Deadline is { } deadline)
        {
            headers.TryAddWithoutValidation("grpc-timeout", RpcWireText.EncodeTimeout(deadline));
        }

        AddMetadata(Options.DefaultMetadata);
        AddMetadata(options.Metadata);
        AddMetadata(interceptorMetadata);
        if (Options.BearerToken is { } bearerToken
            && await bearerToken(cancellationToken).ConfigureAwait(false) is { Length: > 0 } token)
        {
            headers.TryAddWithoutValidation("authorization", "Bearer " + token);
        }

        void AddMetadata(RpcMetadata? metadata)
        {
            foreach (var entry in metadata ?? [])
            {
                headers.TryAddWithoutValidation(
                    entry.Key, entry.IsBinary ? RpcWireText.EncodeBase64(entry.Bytes.Span) : entry.Value);
            }
        }
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return new RpcConnectionStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private RpcRequestContent<TRequest> MakeContent<TRequest>(RpcMarshaller<TRequest> marshaller, TRequest request, RpcCallOptions options)
    {
        // Here and not while the request is sent, where the broken stream may be reported before its reason.
        if (Options.MaxSendMessageBytes < int.MaxValue)
        {
            RpcFrame.CheckLimit(marshaller, marshaller.GetSize(request), Options.MaxSendMessageBytes);
        }

        return new RpcRequestContent<TRequest>(marshaller, request, Compresses(options));
    }

    private HttpMessageInvoker InvokerFor<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method) =>
        method.RequestMarshaller.IsBulk && !method.ResponseMarshaller.IsBulk ? UploadInvoker : Invoker;

    private bool Compresses(RpcCallOptions options) => (options.Compression ?? Options.Compression) == RpcCompression.Gzip;

    private static void CheckKind<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, RpcMethodKind kind)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method.Kind != kind)
        {
            throw new ArgumentException($"Method {method} is {method.Kind}, not {kind}.", nameof(method));
        }
    }
}
