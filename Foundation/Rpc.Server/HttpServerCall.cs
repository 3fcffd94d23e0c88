using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansFlow.Rpc.Server;

/// <summary>
/// One call over Kestrel. Its token joins the caller's going away, the deadline and, for streams, the server's stop. A call
/// that the deadline or the stop has cancelled gets a short grace to say how it ended; after that its HTTP/2 stream is
/// reset, because a peer that takes no more bytes would hold it for ever.
/// </summary>
internal sealed partial class HttpServerCall : RpcServerCall, IDisposable
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
    private bool _bodyBegun;
    private bool _compresses;
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
        Context = new HttpServerContext(http, method, this, options.ResponseCompression);
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

    /// <summary>Whether the request that was read last came compressed.</summary>
    public bool RequestCompressed { get; private set; }

    /// <summary>Whether the deadline has cancelled the call.</summary>
    public bool DeadlinePassed { get; private set; }

    /// <summary>Whether nobody is left to hear a status.</summary>
    public bool CallerGone => _http.RequestAborted.IsCancellationRequested;

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
            var read = await RpcFrame.TryReadAsync(_input, marshaller, _options.MaxReceiveMessageBytes, _encoding, cancellationToken);
            RequestCompressed = read.HasMessage ? read.Compressed : RequestCompressed;
            return read;
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

    public override async ValueTask WriteAsync<T>(RpcMarshaller<T> marshaller, T message, bool compress, bool flush)
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
            await RpcFrame.WriteAsync(
                _output, marshaller, message, compress && _compresses, _options.MaxSendMessageBytes, flush, CancellationToken.None);
            _bodyBegun = true;
            _http.RequestAborted.ThrowIfCancellationRequested();
        }
        finally
        {
            _writeGate.Exit();
        }
    }

    public override async ValueTask FlushAsync()
    {
        if (_responseStarted && _output.UnflushedBytes == 0)
        {
            return;
        }

        _writeGate.Enter("writes", Context.Method);
        try
        {
            _http.RequestAborted.ThrowIfCancellationRequested();
            await StartResponseAsync(flush: false);
            await _output.FlushAsync(CancellationToken.None);
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
        _compresses = Context.ResponseCompression == RpcCompression.Gzip
            && RpcFrame.AcceptsGzip(_http.Request.Headers["grpc-accept-encoding"]);
        if (_compresses)
        {
            _http.Response.Headers["grpc-encoding"] = RpcFrame.Gzip;
        }

        AppendMetadata(_http.Response.Headers, Context.ResponseHeaders);
        return flush ? _http.Response.BodyWriter.FlushAsync(_http.RequestAborted).AsTask() : Task.CompletedTask;
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
