using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Rpc.Server;

/// <summary>
/// Runs calls: (1) refuses what is no gRPC request, (2) reads the protocol's headers, (3) runs interceptors and handler,
/// (4) turns whatever happened into one status.
/// </summary>
internal sealed partial class RpcCallRunner
{
    private const string ContentType = "application/grpc";

    private readonly RpcServerOptions _options;
    private readonly TimeProvider _clock;
    private readonly IRpcServerInterceptor[] _interceptors;
    private readonly IRpcErrorMapper[] _errorMappers;
    private readonly ILogger<RpcCallRunner> _logger;
    private readonly CancellationToken _serverStopping;
    private int _callCount;

    public RpcCallRunner(
        IOptions<RpcServerOptions> options,
        TimeProvider clock,
        IEnumerable<IRpcServerInterceptor> interceptors,
        IEnumerable<IRpcErrorMapper> errorMappers,
        IHostApplicationLifetime lifetime,
        ILogger<RpcCallRunner> logger)
    {
        _options = options.Value;
        _clock = clock;
        _interceptors = [.. interceptors];
        _errorMappers = [.. errorMappers];
        _logger = logger;
        _serverStopping = lifetime.ApplicationStopping;
    }

    public static Task RefuseUnknownMethodAsync(HttpContext http)
    {
        if (!TryAccept(http))
        {
            return Task.CompletedTask;
        }

        HttpServerCall.WriteStatus(
            http.Response.Headers,
            new RpcStatus(RpcStatusCode.Unimplemented, $"Method {http.Request.Path} is not offered here."));
        return Task.CompletedTask;
    }

    public async Task RunAsync(HttpContext http, RpcServiceMethod method)
    {
        // 1.
        if (!TryAccept(http))
        {
            return;
        }

        // 2.
        var headers = http.Request.Headers;
        TimeSpan? deadline = null;
        if (headers["grpc-timeout"].FirstOrDefault() is { } timeout)
        {
            if (!RpcWireText.TryDecodeTimeout(timeout, out var decoded))
            {
                Refuse(http, RpcStatusCode.Internal, $"The header grpc-timeout '{timeout}' is not one to eight digits and one of H M S m u n.");
                return;
            }

            // The timers of the platform end at 49 days; nothing waits longer.
            deadline = decoded < TimeSpan.FromDays(49) ? decoded : null;
        }

        if (headers["grpc-encoding"].FirstOrDefault() is { } encoding and not (RpcFrame.Identity or RpcFrame.Gzip))
        {
            http.Response.Headers["grpc-accept-encoding"] = RpcFrame.AcceptedEncodings;
            Refuse(http, RpcStatusCode.Unimplemented, $"Messages compressed with '{encoding}' are not understood; use {RpcFrame.AcceptedEncodings}.");
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _callCount) > _options.MaxConcurrentCalls)
            {
                Refuse(http, RpcStatusCode.ResourceExhausted, $"The server has {_options.MaxConcurrentCalls} calls under way, which is its limit; try again later.");
                return;
            }

            await RunAcceptedAsync(http, method, deadline);
        }
        finally
        {
            Interlocked.Decrement(ref _callCount);
        }
    }

    private async Task RunAcceptedAsync(HttpContext http, RpcServiceMethod method, TimeSpan? deadline)
    {
        using var call = new HttpServerCall(http, method, _options, _clock, deadline, _serverStopping);
        try
        {
            // 3.
            await InvokeAsync(call, method, interceptorIndex: 0);
            await call.CloseAsync();
            call.Finish(RpcStatus.Ok, trailers: null);
        }
        catch (Exception exception)
        {
            // 4.
            await call.CloseAsync();
            if (call.CallerGone || exception is ConnectionResetException or { InnerException: ConnectionResetException })
            {
                // Nobody is left to hear the status; the server side of a cancelled call is no failure.
                LogCallAbandoned(method.FullName);
                return;
            }

            var failure = ToFailure(exception, call);
            call.Finish(failure.Status, failure.Trailers);
        }
    }

    private static bool TryAccept(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "h2c";
            return false;
        }

        var contentType = http.Request.ContentType ?? "";
        if (!IsGrpc(contentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            HttpServerCall.WriteStatus(
                http.Response.Headers,
                new RpcStatus(RpcStatusCode.Internal, $"Content type '{contentType}' is not {ContentType}."));
            return false;
        }

        http.Response.ContentType = ContentType;
        return true;
    }

    /// <summary>application/grpc, alone or followed by a codec or parameters; application/grpc-web is another protocol.</summary>
    private static bool IsGrpc(string contentType) =>
        contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    private static void Refuse(HttpContext http, RpcStatusCode code, string message) =>
        HttpServerCall.WriteStatus(http.Response.Headers, new RpcStatus(code, message));

    private Task InvokeAsync(HttpServerCall call, RpcServiceMethod method, int interceptorIndex) =>
        interceptorIndex == _interceptors.Length
            ? (_interceptors.Length == 0 ? method.InvokeAsync(call) : InvokeHandlerAsync(call, method))
            : _interceptors[interceptorIndex].InterceptAsync(call.Context, () => InvokeAsync(call, method, interceptorIndex + 1));

    /// <summary>Whatever the handler throws becomes a status here, so that interceptors see what the caller will.</summary>
    private async Task InvokeHandlerAsync(HttpServerCall call, RpcServiceMethod method)
    {
        try
        {
            await method.InvokeAsync(call);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw ToFailure(exception, call);
        }
    }

    private RpcException ToFailure(Exception exception, HttpServerCall call)
    {
        var context = call.Context;
        if (exception is RpcException known)
        {
            return known;
        }

        if (call.CallerGone || exception is ConnectionResetException)
        {
            return new RpcException(new RpcStatus(RpcStatusCode.Cancelled, $"{context.Method} was given up by its caller."), innerException: exception);
        }

        if (exception is OperationCanceledException or IOException && call.CancellationToken.IsCancellationRequested)
        {
            return call.DeadlinePassed
                ? new RpcException(RpcStatusCode.DeadlineExceeded, $"{context.Method} did not end within its deadline.")
                : new RpcException(RpcStatusCode.Unavailable, $"{context.Method}: the server is stopping.");
        }

        foreach (var mapper in _errorMappers)
        {
            if (mapper.TryMap(exception, context) is { } mapped)
            {
                return mapped;
            }
        }

        if (exception is BadHttpRequestException bad)
        {
            return new RpcException(RpcStatusCode.Internal, $"{context.Method}: {bad.Message}");
        }

        if (exception is OperationCanceledException)
        {
            return new RpcException(RpcStatusCode.Cancelled, $"{context.Method} was cancelled by the server.");
        }

        LogHandlerFailed(exception, context.Method);
        return new RpcException(RpcStatusCode.Unknown, $"{context.Method} failed in the server; its log says why.");
    }
}
