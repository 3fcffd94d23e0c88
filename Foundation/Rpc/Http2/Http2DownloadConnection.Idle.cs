using System.Net.Sockets;

namespace OrleansFlow.Rpc.Http2;

/// <content>What happens while nobody reads.</content>
internal sealed partial class Http2DownloadConnection
{
    private readonly Queue<byte[]> _kept = new();
    private int _keptBytes;
    private int _keptStart;
    private long _receivedAt;
    private long? _pingedAt;

    private int TakeKept(Span<byte> destination)
    {
        var part = _kept.Peek().AsSpan(_keptStart);
        var taken = Math.Min(part.Length, destination.Length);
        part[..taken].CopyTo(destination);
        _keptBytes -= taken;
        _keptStart += taken;
        if (taken == part.Length)
        {
            _kept.Dequeue();
            _keptStart = 0;
        }

        return taken;
    }

    private void OnTick()
    {
        try
        {
            if (_turn.Wait(0))
            {
                try
                {
                    ReceiveWhatIsThere();
                }
                finally
                {
                    _turn.Release();
                }
            }

            KeepAlive();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException or HttpRequestException or SocketException)
        {
            // It is kept, and whoever reads next is told.
            _ = Fail(exception);
        }
    }

    /// <summary>Handles what has come, without waiting: the reader may be away for long, the server's questions are answered in time.</summary>
    private void ReceiveWhatIsThere()
    {
        while (_failure is null && (_ended || _keptBytes <= _windowBytes) && _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            var room = Room();
            var received = Received(_socket.Receive(room.Span));
            _end += received;
            KeepBuffered();
        }
    }

    private void KeepBuffered()
    {
        while (true)
        {
            if (_dataLeft > 0)
            {
                var part = _buffer.AsSpan(_start, Math.Min(_dataLeft, _end - _start)).ToArray();
                _start += part.Length;
                _dataLeft -= part.Length;
                _keptBytes += part.Length;
                if (part.Length == 0)
                {
                    return;
                }

                _kept.Enqueue(part);
            }
            else if (!ParseBuffer([], out _) && !(_ended && TrySkip() && TryReadFrame()))
            {
                // Between two responses, when the parser has nothing to do, there are still frames of the connection.
                return;
            }
        }
    }

    /// <summary>Asks a silent server whether it lives, and gives up when it does not say.</summary>
    private void KeepAlive()
    {
        if (_ended || _streamId == 0 || _failure is not null)
        {
            _pingedAt = null;
            return;
        }

        if (_pingedAt is { } pinged && _receivedAt <= pinged)
        {
            if (_clock.GetElapsedTime(pinged) >= _keepAliveTimeout)
            {
                _ = Fail(new IOException($"The server has not answered a ping within {_keepAliveTimeout}."));
                _socket.Dispose();
            }

            return;
        }

        _pingedAt = null;
        if (_clock.GetElapsedTime(_receivedAt) >= _keepAliveInterval)
        {
            _pingedAt = _clock.GetTimestamp();
            TrySend(control => Http2Writer.WritePing(control, new byte[8], ack: false));
        }
    }
}
