using System.Buffers;
using System.Net.Sockets;

namespace OrleansFlow.Rpc.Http2;

/// <content>What is sent: the request in frames within the server's windows, and answers between them.</content>
internal sealed partial class Http2UploadConnection
{
    /// <summary>Larger frames gain nothing on loopback, and delay what is sent between them.</summary>
    private const int SentFrameBytesMax = 256 * 1024;

    /// <summary>So much of a frame is copied behind its header, so that no packet is tiny.</summary>
    private const int CopiedBytesMax = 16 * 1024;

    /// <summary>Answers that may wait for a frame to go out. A server that asks more without taking any is none.</summary>
    private const int ControlBytesMax = 256 * 1024;

    private const int ConnectionCreditBatchBytes = 512 * 1024 * 1024;

    /// <summary>How long a reset waits for the frame before it.</summary>
    private static readonly TimeSpan ResetGrace = TimeSpan.FromMilliseconds(250);

    /// <summary>Held by whoever sends.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(Http2Writer.FrameHeaderBytes + CopiedBytesMax);
    private readonly ArrayBufferWriter<byte> _control = new();
    private TaskCompletionSource? _windowOpened;
    private long _connectionWindow = 65_535;
    private long _initialWindow = 65_535;
    private int _serverFrameBytesMax = Http2Writer.FrameBytesMin;
    private int _credit;
    private int _connectionCredit;
    private bool _ends;

    /// <summary>Sends bytes of the request, waiting whenever the server has not made room.</summary>
    /// <exception cref="Http2EndedException">The server has ended the call.</exception>
    public async Task SendDataAsync(Http2Upload call, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        while (head.Length + body.Length > 0)
        {
            var granted = await TakeWindowAsync(call, head.Length + body.Length, cancellationToken).ConfigureAwait(false);
            var fromHead = Math.Min(granted, head.Length);
            await SendFrameAsync(call, head[..fromHead], body[..(granted - fromHead)], 0, cancellationToken).ConfigureAwait(false);
            head = head[fromHead..];
            body = body[(granted - fromHead)..];
        }
    }

    /// <summary>Sends the end of the request.</summary>
    public async Task SendEndAsync(Http2Upload call, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            call.ThrowIfOver();
            call.SendsEnd = true;
        }

        // The server may answer, and end, before this returns; only a failure may stop the frame then.
        await SendFrameAsync(call, default, default, Http2Flags.EndStream, CancellationToken.None).ConfigureAwait(false);
        call.SentEnd = true;
    }

    /// <summary>Lets the server send as much again, in steps of a quarter of the window.</summary>
    public void GiveCredit(Http2Upload call, int bytes)
    {
        lock (_gate)
        {
            call.UnreadBytes -= bytes;
            _credit += bytes;
            _connectionCredit += bytes;
            if (_credit >= _responseWindowBytes / 4 && !call.ReceivedEnd)
            {
                Http2Writer.WriteWindowUpdate(_control, call.StreamId, _credit);
                _credit = 0;
            }

            if (_connectionCredit >= ConnectionCreditBatchBytes)
            {
                Http2Writer.WriteWindowUpdate(_control, 0, _connectionCredit);
                _connectionCredit = 0;
            }
        }

        StartFlush();
    }

    private async ValueTask<int> TakeWindowAsync(Http2Upload call, int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_gate)
            {
                call.ThrowIfOver();
                var granted = Math.Min(Math.Min(_connectionWindow, call.Window), Math.Min(wanted, Math.Min(_serverFrameBytesMax, SentFrameBytesMax)));
                if (granted > 0)
                {
                    _connectionWindow -= granted;
                    call.Window -= granted;
                    return (int)granted;
                }

                _windowOpened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                opened = _windowOpened.Task;
            }

            await opened.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Wakes the writer: there may be room, or no reason to wait any more.</summary>
    private void OpenWindow()
    {
        TaskCompletionSource? opened;
        lock (_gate)
        {
            (opened, _windowOpened) = (_windowOpened, null);
        }

        opened?.TrySetResult();
    }

    private async ValueTask SendFrameAsync(
        Http2Upload call, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, byte flags, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if ((flags & Http2Flags.EndStream) == 0)
            {
                call.ThrowIfOver();
            }

            await SendControlAsync().ConfigureAwait(false);
            Http2Writer.WriteHeader(_scratch, head.Length + body.Length, Http2FrameType.Data, flags, call.StreamId);
            head.CopyTo(_scratch.AsMemory(Http2Writer.FrameHeaderBytes));
            var at = Http2Writer.FrameHeaderBytes + head.Length;
            var copied = Math.Min(body.Length, _scratch.Length - at);
            body[..copied].CopyTo(_scratch.AsMemory(at));
            await SendAllAsync(_scratch.AsMemory(0, at + copied), cancellationToken).ConfigureAwait(false);
            await SendAllAsync(body[copied..], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A frame may be half-way out: nothing can follow it. What ended the call before says more than the closed socket.
            Fail(exception);
            call.ThrowIfOver();
            throw;
        }
        finally
        {
            _turn.Release();
        }

        StartFlush();
    }

    private void Queue(Action<ArrayBufferWriter<byte>> write)
    {
        lock (_gate)
        {
            if (_control.WrittenCount > ControlBytesMax)
            {
                throw Http2Errors.Make(Http2Errors.EnhanceYourCalm, "The server asks more than it takes answers.");
            }

            write(_control);
        }

        StartFlush();
    }

    /// <summary>Sends what waits, unless a frame is going out, whose sender does it then.</summary>
    private void StartFlush()
    {
        // Owned by whoever holds the turn; a failure is kept for the call.
        _ = FlushAsync();
    }

    private async Task FlushAsync()
    {
        while (HasControl() && await _turn.WaitAsync(0).ConfigureAwait(false))
        {
            try
            {
                await SendControlAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                Fail(exception);
                return;
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    private bool HasControl()
    {
        lock (_gate)
        {
            return _control.WrittenCount > 0 && _failure is null;
        }
    }

    private async ValueTask SendControlAsync()
    {
        byte[] bytes;
        lock (_gate)
        {
            if (_control.WrittenCount == 0)
            {
                return;
            }

            bytes = _control.WrittenSpan.ToArray();
            _control.ResetWrittenCount();
        }

        await SendAllAsync(bytes, CancellationToken.None).ConfigureAwait(false);
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
        }
    }

    /// <summary>Resets the stream, and then ends the connection, which says the same to a server that takes no more frames.</summary>
    private void End(Http2Upload call, Exception reason)
    {
        lock (_gate)
        {
            if (_ends)
            {
                return;
            }

            _ends = true;
        }

        OpenWindow();

        // Owned by the connection: it ends within the grace.
        _ = EndAsync(call, reason);
    }

    private async Task EndAsync(Http2Upload call, Exception reason)
    {
        // A frame that is half-way out has to go first.
        if (await _turn.WaitAsync(ResetGrace).ConfigureAwait(false))
        {
            try
            {
                SendReset(call);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The connection has ended already.
                Fail(exception);
            }
            finally
            {
                _turn.Release();
            }
        }

        Fail(reason);
    }

    private void SendReset(Http2Upload call)
    {
        var reset = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            // Headers that still wait come first.
            reset.Write(_control.WrittenSpan);
            _control.ResetWrittenCount();
        }

        Http2Writer.WriteReset(reset, call.StreamId, Http2Errors.Cancel);
        if (_socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite))
        {
            _socket.Send(reset.WrittenSpan);
        }
    }
}
