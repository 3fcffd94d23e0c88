using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace OrleansFlow.Rpc.Server;

/// <summary>
/// One call over Kestrel. Its token joins the caller's going away, the deadline and, for streams, the server's stop. A call
/// that the deadline or the stop has cancelled gets a short grace to say how it ended; after that its HTTP/2 stream is
/// reset, because a peer that takes no more bytes would hold it for ever.
/// </summary>
internal sealed class HttpServerCall : RpcServerCall, IDisposable
{
    private const int Http2Cancel = 0x8;

    private readonly HttpContext _http;
    private readonly RpcServerOptions _options;
    private readonly TimeProvider _clock;
    private readonly RpcBodyReader _input;
    private readonly RpcBodyWriter _output;
    private readonly string? _encoding;
    private readonly CancellationTokenSource? _stop;
    private readonly CancellationTokenRegistration _shutdownRegistration;
    private readonly long _startedAt;
    private readonly TimeSpan? _deadline;
    private readonly RpcGate _readGate = new();
    private readonly RpcGate _writeGate = new();
    private readonly Lock _gate = new();
    private ITimer? _deadlineTimer;
    private ITimer? _shutdownTimer;
    private ITimer? _abortTimer;
    private bool _responseStarted;
    private bool _disposed;

    public HttpServerCall(
        HttpContext http, RpcServiceMethod method, RpcServerOptions options, TimeProvider clock, TimeSpan? deadline, CancellationToken serverStopping)
    {
        _http = http;
        _options = options;
        _clock = clock;
        _deadline = deadline;
        _startedAt = clock.GetTimestamp();
        ServerStopping = serverStopping;
        Context = new HttpServerContext(http, method, this);
        _input = new RpcBodyReader(http.Request.Body);
        _output = new RpcBodyWriter(http.Response.BodyWriter, direct: false);
        _encoding = http.Request.Headers["grpc-encoding"];

        var stoppable = method.Kind != RpcMethodKind.Unary;
        if (deadline is null && !stoppable)
        {
            CancellationToken = http.RequestAborted;
            return;
        }

        _stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        CancellationToken = _stop.Token;
        if (deadline is { } due)
        {
            _deadlineTimer = clock.CreateTimer(
                static state => ((HttpServerCall)state!).OnDeadline(), this, due, Timeout.InfiniteTimeSpan);
        }

        if (stoppable)
        {
            _shutdownRegistration = serverStopping.UnsafeRegister(static state => ((HttpServerCall)state!).OnServerStopping(), this);
        }
    }

    public override RpcServerContext Context { get; }

    public CancellationToken CancellationToken { get; }

    public CancellationToken ServerStopping { get; }

    /// <summary>Whether the deadline has cancelled the call.</summary>
    public bool DeadlinePassed { get; private set; }

    public TimeSpan? Remaining
    {
        get
        {
            if (_deadline is not { } deadline)
            {
                return null;
            }

            var left = deadline - _clock.GetElapsedTime(_startedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public override async ValueTask<RpcReadResult<T>> TryReadAsync<T>(RpcMarshaller<T> marshaller, CancellationToken cancellationToken)
    {
        _readGate.Enter("reads", Context.Method);
        try
        {
            return await RpcFrame.TryReadAsync(_input, marshaller, _options.MaxReceiveMessageBytes, _encoding, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The caller went away, which the token of the request tells a little later than this. A handler that watches
            // the call's token must not have returned by then.
            if (_stop is not null)
            {
                await _stop.CancelAsync();
            }

            throw new OperationCanceledException("The caller went away.", exception);
        }
        finally
        {
            _readGate.Exit();
        }
    }

    public override async ValueTask WriteAsync<T>(RpcMarshaller<T> marshaller, T message)
    {
        // The gate comes first: after the end of the call the request belongs to Kestrel again and may not even be asked.
        _writeGate.Enter("writes", Context.Method);
        try
        {
            // Not the call's own token: a flush that it cancels would break the stream before the status is said.
            _http.RequestAborted.ThrowIfCancellationRequested();
            if (DeadlinePassed)
            {
                CancellationToken.ThrowIfCancellationRequested();
            }

            await StartResponseAsync(flush: false);
            await RpcFrame.WriteAsync(_output, marshaller, message, CancellationToken.None);
            _http.RequestAborted.ThrowIfCancellationRequested();
        }
        finally
        {
            _writeGate.Exit();
        }
    }

    /// <summary>
    /// Waits until no loop that the handler left behind reads or writes any more. The connection is Kestrel's again after
    /// this, for another call.
    /// </summary>
    public async Task CloseAsync()
    {
        var reading = _readGate.CloseAsync();
        var writing = _writeGate.CloseAsync();
        if (reading.IsCompleted && writing.IsCompleted)
        {
            return;
        }

        CancelThenAbort();
        await reading;
        await writing;
    }

    public Task StartResponseAsync(bool flush)
    {
        if (_responseStarted)
        {
            return Task.CompletedTask;
        }

        _responseStarted = true;
        AppendMetadata(_http.Response.Headers, Context.ResponseHeaders);
        return flush ? _http.Response.BodyWriter.FlushAsync(_http.RequestAborted).AsTask() : Task.CompletedTask;
    }

    /// <summary>Says how the call ended: in trailers, or in the headers when there is nothing before them.</summary>
    public void Finish(RpcStatus status, RpcMetadata? trailers)
    {
        IHeaderDictionary destination;
        if (_http.Response.HasStarted)
        {
            destination = _http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        }
        else
        {
            destination = _http.Response.Headers;
            if (!_responseStarted)
            {
                _responseStarted = true;
                AppendMetadata(destination, Context.ResponseHeaders);
            }
        }

        WriteStatus(destination, status);
        AppendMetadata(destination, Context.ResponseTrailers);
        if (trailers is not null)
        {
            AppendMetadata(destination, trailers);
        }
    }

    /// <summary>Ends the timers. The stream itself belongs to Kestrel.</summary>
    public void Dispose()
    {
        _shutdownRegistration.Dispose();
        lock (_gate)
        {
            _disposed = true;
            _deadlineTimer?.Dispose();
            _shutdownTimer?.Dispose();
            _abortTimer?.Dispose();
        }

        _input.Dispose();
        _stop?.Dispose();
    }

    internal static void WriteStatus(IHeaderDictionary destination, RpcStatus status)
    {
        destination["grpc-status"] = ((int)status.Code).ToString(CultureInfo.InvariantCulture);
        if (status.Message.Length > 0)
        {
            destination["grpc-message"] = RpcWireText.EncodeMessage(status.Message);
        }

        if (!status.Details.IsEmpty)
        {
            destination[RpcStatusDetails.TrailerName] = RpcWireText.EncodeBase64(status.Details.Span);
        }
    }

    private static void AppendMetadata(IHeaderDictionary destination, RpcMetadata metadata)
    {
        foreach (var entry in metadata)
        {
            var value = entry.IsBinary ? RpcWireText.EncodeBase64(entry.Bytes.Span) : entry.Value;
            destination[entry.Key] = StringValues.Concat(destination[entry.Key], value);
        }
    }

    private void OnDeadline()
    {
        DeadlinePassed = true;
        CancelThenAbort();
    }

    private void OnServerStopping()
    {
        lock (_gate)
        {
            if (!_disposed && _options.ShutdownGrace > TimeSpan.Zero)
            {
                _shutdownTimer = _clock.CreateTimer(
                    static state => ((HttpServerCall)state!).CancelThenAbort(), this, _options.ShutdownGrace, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        CancelThenAbort();
    }

    private void CancelThenAbort()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _abortTimer ??= _clock.CreateTimer(
                static state => ((HttpServerCall)state!).Abort(), this, _options.AbortGrace, Timeout.InfiniteTimeSpan);
        }

        try
        {
            _stop!.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in this very moment.
        }
    }

    private void Abort()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _http.Features.Get<IHttpResetFeature>()?.Reset(Http2Cancel);
            }
        }
    }
}
