using System.Buffers;
using System.Net.Sockets;

namespace OrleansFlow.Rpc.Http2;

/// <summary>
/// An HTTP/2 connection that carries one response at a time and lets its reader take the bytes from the socket itself: large frames, one
/// copy, no thread in between. While nobody reads, a timer answers the server's pings and keeps what comes, at most the window.
/// </summary>
internal sealed partial class Http2DownloadConnection : IHttp2Connection
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>More than this of a frame goes past the buffer.</summary>
    private const int DirectBytesMin = 16 * 1024;

    /// <summary>What is read beyond a large frame: its successor's header, and little that has to be copied.</summary>
    private const int GlanceBytes = 4 * 1024;

    private const int FrameBytesMax = 256 * 1024;
    private const int ConnectionCreditBatchBytes = 512 * 1024 * 1024;

    /// <summary>A frame is at most 16 MiB, so this many ids are reached after decades; the connection is left before.</summary>
    private const int StreamIdMax = int.MaxValue - 2;

    private readonly Socket _socket;
    private readonly int _windowBytes;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _keepAliveInterval;
    private readonly TimeSpan _keepAliveTimeout;
    private readonly ITimer _timer;

    /// <summary>Held by whoever reads from the socket: the caller, or the timer between the caller's reads.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    private readonly Lock _sending = new();
    private readonly ArrayBufferWriter<byte> _control = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start;
    private int _end;
    private int _credit;
    private int _connectionCredit;
    private int _disposed;
    private Exception? _failure;

    private Http2DownloadConnection(Socket socket, RpcChannelOptions options, TimeProvider clock)
    {
        _socket = socket;
        _windowBytes = options.StreamWindowBytes;
        _clock = clock;
        _keepAliveInterval = options.KeepAliveInterval;
        _keepAliveTimeout = options.KeepAliveTimeout;
        _receivedAt = clock.GetTimestamp();
        var shortest = _keepAliveInterval < _keepAliveTimeout ? _keepAliveInterval : _keepAliveTimeout;
        var period = shortest / 4 < TimeSpan.FromSeconds(5) ? shortest / 4 : TimeSpan.FromSeconds(5);
        _timer = clock.CreateTimer(static state => ((Http2DownloadConnection)state!).OnTick(), this, period, period);
    }

    /// <summary>Whether the next response may come over this connection.</summary>
    public bool IsReusable => _ended && _failure is null && !_goingAway && _keptBytes == 0 && _streamId < StreamIdMax;

    /// <summary>Connects and says hello.</summary>
    public static async Task<Http2DownloadConnection> OpenAsync(
        Uri address, RpcChannelOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var socket = await Http2Dial.ConnectAsync(address, options, FrameBytesMax, clock, cancellationToken).ConfigureAwait(false);
        return new Http2DownloadConnection(socket, options, clock);
    }

    /// <summary>Whether an idle connection is still good: handles what has come since, and finds out whether the server has left.</summary>
    public bool TryReuse()
    {
        if (!_turn.Wait(0))
        {
            return false;
        }

        try
        {
            ReceiveWhatIsThere();
            return IsReusable;
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a request that <see cref="Http2Writer.TryWriteRequest"/> has written for <see cref="NextStreamId"/>, and waits for the headers.</summary>
    /// <returns>Headers; a response without a body has ended then.</returns>
    public async Task<IReadOnlyList<(string Name, string Value)>> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        Begin();
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var left = request; !left.IsEmpty;)
            {
                left = left[await _socket.SendAsync(left, cancellationToken).ConfigureAwait(false)..];
            }

            while (_headers is null)
            {
                if (!ParseBuffer([], out _))
                {
                    await FillAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return _headers;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw Fail(exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The next bytes of the body; 0 at its end, when <see cref="Trailers"/> are there.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                int read;
                if (_ended && _keptBytes == 0)
                {
                    return 0;
                }

                if (_keptBytes > 0)
                {
                    read = TakeKept(destination.Span);
                }
                else if (_end == _start && _dataLeft >= DirectBytesMin && destination.Length >= DirectBytesMin)
                {
                    read = Received(await _socket.ReceiveAsync(destination[..Math.Min(destination.Length, _dataLeft)], cancellationToken).ConfigureAwait(false));
                    _dataLeft -= read;
                }
                else if (!ParseBuffer(destination.Span, out read) && !_ended)
                {
                    await FillAsync(cancellationToken).ConfigureAwait(false);
                }

                if (read > 0)
                {
                    GiveCredit(read);
                    return read;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw Fail(exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the connection; a response under way is given up.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _timer.Dispose();
        if (!_ended && _streamId > 0 && _failure is null)
        {
            TrySend(control => Http2Writer.WriteReset(control, _streamId, Http2Errors.Cancel));
        }

        _failure ??= new ObjectDisposedException(nameof(Http2DownloadConnection));
        _socket.Dispose();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var room = Room();
        var received = Received(await _socket.ReceiveAsync(room, cancellationToken).ConfigureAwait(false));
        _end += received;
    }

    /// <summary>Where the buffer is filled next; what is left in it is part of a frame that must stay in one piece.</summary>
    private Memory<byte> Room()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        return _lastFrameBytes >= DirectBytesMin && _end < GlanceBytes ? _buffer.AsMemory(_end, GlanceBytes) : _buffer.AsMemory(_end);
    }

    private int Received(int bytes)
    {
        _receivedAt = _clock.GetTimestamp();
        return bytes > 0 ? bytes : throw Fail(new IOException("The server closed the connection in the middle of a response."));
    }

    /// <summary>Lets the server send as much again, in steps of a quarter of the window.</summary>
    private void GiveCredit(int bytes)
    {
        _credit += bytes;
        _connectionCredit += bytes;
        if (_credit < _windowBytes / 4)
        {
            return;
        }

        if (!_ended)
        {
            TrySend(control =>
            {
                Http2Writer.WriteWindowUpdate(control, _streamId, _credit);
                if (_connectionCredit >= ConnectionCreditBatchBytes)
                {
                    Http2Writer.WriteWindowUpdate(control, 0, _connectionCredit);
                    _connectionCredit = 0;
                }
            });
        }

        _credit = 0;
    }

    /// <summary>Sends a few bytes; that the connection is broken shows in the next read.</summary>
    private void TrySend(Action<ArrayBufferWriter<byte>> write)
    {
        try
        {
            lock (_sending)
            {
                _control.ResetWrittenCount();
                write(_control);
                _socket.Send(_control.WrittenSpan);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _ = Fail(exception);
        }
    }

    private Exception Fail(Exception exception)
    {
        var failure = exception is SocketException ? new IOException(exception.Message, exception) : exception;
        return Interlocked.CompareExchange(ref _failure, failure, null) ?? failure;
    }
}
