using System.Buffers;
using System.Net.Sockets;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// An HTTP/2 connection that carries one call at a time, whose request may be long: frames as large as the server takes, straight from
/// the caller's memory. A loop takes what the server sends, at most the response's window ahead of its reader.
/// </summary>
internal sealed partial class Http2UploadConnection : IHttp2Connection
{
    /// <summary>Stays below what a request may ever reach; the connection is left before.</summary>
    private const int StreamIdMax = int.MaxValue - 2;

    private readonly Socket _socket;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _keepAliveInterval;
    private readonly TimeSpan _keepAliveTimeout;
    private readonly int _responseWindowBytes;
    private readonly ITimer _timer;

    /// <summary>Guards windows, the call under way and what waits to be sent.</summary>
    private readonly Lock _gate = new();

    private Http2Upload? _call;
    private Exception? _failure;
    private bool _goingAway;
    private long _receivedAt;
    private long? _pingedAt;

    private Http2UploadConnection(Socket socket, RpcChannelOptions options, TimeProvider clock)
    {
        _socket = socket;
        _clock = clock;
        _keepAliveInterval = options.KeepAliveInterval;
        _keepAliveTimeout = options.KeepAliveTimeout;
        _responseWindowBytes = options.StreamWindowBytes;
        _receivedAt = clock.GetTimestamp();
        var shortest = _keepAliveInterval < _keepAliveTimeout ? _keepAliveInterval : _keepAliveTimeout;
        var period = shortest / 4 < TimeSpan.FromSeconds(5) ? shortest / 4 : TimeSpan.FromSeconds(5);
        _timer = clock.CreateTimer(static state => ((Http2UploadConnection)state!).KeepAlive(), this, period, period);

        // Owned by the connection: it ends with the socket, and keeps its failure for the call.
        _ = ReceiveAsync();
    }

    /// <summary>Stream of the next request.</summary>
    public int NextStreamId { get; private set; } = 1;

    public bool IsReusable
    {
        get
        {
            lock (_gate)
            {
                // One that is about to end may have a call that went well to its end meanwhile.
                return _failure is null && !_ends && !_goingAway && NextStreamId < StreamIdMax && _call is null or { IsComplete: true };
            }
        }
    }

    /// <summary>Connects and says hello.</summary>
    public static async Task<Http2UploadConnection> OpenAsync(
        Uri address, RpcChannelOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var socket = await Http2Dial.ConnectAsync(address, options, FrameBytesMax, clock, cancellationToken).ConfigureAwait(false);
        return new Http2UploadConnection(socket, options, clock);
    }

    /// <summary>The loop may not have been told yet that the server has closed the connection, so the socket is asked.</summary>
    public bool TryReuse()
    {
        try
        {
            return IsReusable && !(_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && _socket.Available == 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Begins a call with headers that <see cref="Http2Writer.TryWriteHeaders"/> has written for <see cref="NextStreamId"/>.</summary>
    public Http2Upload Begin(ReadOnlySpan<byte> headers, Action returned)
    {
        Http2Upload call;
        Exception? failure;
        lock (_gate)
        {
            call = new Http2Upload(NextStreamId, _initialWindow, returned);
            NextStreamId += 2;
            (_call, _headers, _headerBlock, _credit) = (call, null, null, 0);
            _control.Write(headers);
            failure = _failure ?? (_goingAway ? Leaving() : null);
        }

        if (failure is not null)
        {
            call.Fail(failure);
        }

        StartFlush();
        return call;
    }

    /// <summary>Ends the call, and the connection unless both directions had ended well: the server is told to forget the rest.</summary>
    public void Abort(Http2Upload call, Exception reason)
    {
        if (call.IsComplete)
        {
            return;
        }

        call.Fail(reason);
        End(call, reason);
    }

    public void Dispose()
    {
        var reason = new ObjectDisposedException(nameof(Http2UploadConnection));
        if (_call is { IsComplete: false } call)
        {
            Abort(call, reason);
        }
        else
        {
            Fail(reason);
        }
    }

    private static HttpProtocolException Leaving() =>
        Http2Errors.Make(Http2Errors.RefusedStream, "The server is leaving and has not taken the request.");

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                ReadFrames();
                var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
                if (received == 0)
                {
                    throw new IOException("The server closed the connection in the middle of a call.");
                }

                _end += received;
                Volatile.Write(ref _receivedAt, _clock.GetTimestamp());
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            Fail(exception);
        }
    }

    /// <summary>Ends the connection. The first reason counts.</summary>
    private void Fail(Exception exception)
    {
        Http2Upload? call;
        Exception failure;
        lock (_gate)
        {
            failure = _failure ??= exception is SocketException ? new IOException(exception.Message, exception) : exception;
            call = _call;
        }

        call?.Fail(failure);
        _timer.Dispose();
        _socket.Dispose();
        OpenWindow();
    }

    /// <summary>Asks a silent server whether it lives, and gives up when it does not say.</summary>
    private void KeepAlive()
    {
        lock (_gate)
        {
            if (_failure is not null || _call is null or { ReceivedEnd: true })
            {
                _pingedAt = null;
                return;
            }
        }

        var receivedAt = Volatile.Read(ref _receivedAt);
        if (_pingedAt is { } pinged && receivedAt <= pinged)
        {
            if (_clock.GetElapsedTime(pinged) >= _keepAliveTimeout)
            {
                Fail(new IOException($"The server has not answered a ping within {_keepAliveTimeout}."));
            }

            return;
        }

        _pingedAt = null;
        if (_clock.GetElapsedTime(receivedAt) >= _keepAliveInterval)
        {
            _pingedAt = _clock.GetTimestamp();
            try
            {
                Queue(control => Http2Writer.WritePing(control, new byte[8], ack: false));
            }
            catch (HttpProtocolException exception)
            {
                Fail(exception);
            }
        }
    }
}
