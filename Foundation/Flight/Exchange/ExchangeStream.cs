using System.Net.Sockets;
using System.Threading.Channels;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>
/// Messages both ways over one connection: Arrow batches of one schema in each direction, application metadata with or between them, in
/// order. One caller writes while another reads, each one at a time.
/// </summary>
/// <remarks>
/// What is written waits for the peer to read: the sockets' buffers, one received batch and one that is being received are all that lies
/// between. The listener's side ends the stream with a status; a client that disposes it before that cancels it. A cancelled write leaves a
/// torn message and therefore ends the stream.
/// </remarks>
#pragma warning disable CA1711 // As FlightStream: the protocol's own word, and no System.IO.Stream is near.
public sealed partial class ExchangeStream : IAsyncDisposable
#pragma warning restore CA1711
{
    // How long a stopping listener tries to tell its clients so.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private readonly ExchangeTransport _transport;
    private readonly ExchangeFrameReader _reader;
    private readonly ExchangeOptions _options;
    private readonly bool _isListener;
    private readonly IpcDecoder _decoder;
    private readonly Channel<ExchangeFrame> _inbound = Channel.CreateBounded<ExchangeFrame>(
        new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer? _watch;
    private readonly Task _pumping;
    private RpcException? _failure;
    private int _isEnded;
    private int _isDisposed;

    internal ExchangeStream(ExchangeTransport transport, ExchangeFrameReader reader, ExchangeOptions options, bool isListener)
    {
        _transport = transport;
        _reader = reader;
        _options = options;
        _isListener = isListener;
        _decoder = new IpcDecoder(options.ToIpcOptions());
        _pumping = PumpAsync();
        if (isListener)
        {
            // A client never closes half of its connection, so a closed one means that it has gone, even behind a full inbox.
            _watch = options.TimeProvider.CreateTimer(static state => ((ExchangeStream)state!).EndIfPeerIsGone(), this, WatchInterval, WatchInterval);
        }
    }

    /// <summary>Where the peer is, as <c>ipv4:127.0.0.1:50000</c> or <c>unix:</c>.</summary>
    public string Peer => _transport.Peer;

    /// <summary>Fires when nothing can be sent any more: the peer has ended the stream or is gone.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>Why the stream failed; null when it did not, or not yet.</summary>
    internal RpcException? Failure => Volatile.Read(ref _failure);

    /// <summary>Ends the stream; before its status has come that cancels it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_watch is not null)
        {
            await _watch.DisposeAsync().ConfigureAwait(false);
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _isEnded) == 0 || Failure is not null)
        {
            _transport.Abort();
        }
        else
        {
            _transport.Dispose();
        }

        await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync(ExchangeFaults.Broken("The stream was disposed.")).ConfigureAwait(false);
        ReleaseInbound();
        _encoder?.Dispose();
        _decoder.Dispose();
        _closing.Dispose();
        _ended.Dispose();
    }

    /// <summary>Tells the client how the stream ended and waits until it has taken notice: of a failure for a bounded time.</summary>
    /// <param name="status">How it ended.</param>
    /// <param name="stopping">Fires when the listener stops, which leaves little time.</param>
    internal async Task FinishAsync(RpcStatus status, CancellationToken stopping)
    {
        // A client that still reads the last batches decides how long that takes; one that is to hear of a failure does not.
        using var patience = new CancellationTokenSource(
            stopping.IsCancellationRequested ? StopPatience : status.IsOk ? Timeout.InfiniteTimeSpan : _options.EndTimeout, _options.TimeProvider);
        using var stop = stopping.IsCancellationRequested ? default : stopping.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), patience);
        try
        {
            if (!_isTorn)
            {
                await SendAsync(ExchangeFrameKind.Status, default, ExchangeStatus.Write(status), [], patience.Token).ConfigureAwait(false);
                await _transport.CompleteAsync().ConfigureAwait(false);
            }

            // Closing with unread bytes would reset the connection, and the client might lose the status.
            while (await _inbound.Reader.WaitToReadAsync(patience.Token).ConfigureAwait(false) && _inbound.Reader.TryRead(out var frame))
            {
                frame.Body.Release();
            }

            await _pumping.WaitAsync(patience.Token).ConfigureAwait(false);
            await _reader.DiscardAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The client has gone, or took too long; there is nobody to tell.
        }
    }

    /// <summary>The first end counts: nothing can be sent after it, and readers get what came before it.</summary>
    private async ValueTask EndAsync(RpcException? failure)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        Volatile.Write(ref _failure, failure);
        _inbound.Writer.TryComplete(failure);
        await _ended.CancelAsync().ConfigureAwait(false);
    }

    private void EndIfPeerIsGone()
    {
        if (!_transport.IsPeerGone() || Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        var failure = ExchangeFaults.Broken($"{Peer} closed the connection before the stream had ended.");
        Volatile.Write(ref _failure, failure);
        _inbound.Writer.TryComplete(failure);
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Disposed between the check and here; then nobody waits for it.
        }
    }

    /// <summary>Receives one frame ahead of the reader, and notices the end even while nobody reads.</summary>
    private async Task PumpAsync()
    {
        var isPeerComplete = false;
        try
        {
            while (await _reader.ReadAsync(_closing.Token).ConfigureAwait(false) is { } frame)
            {
                switch (frame.Kind)
                {
                    case ExchangeFrameKind.Message or ExchangeFrameKind.Metadata when !isPeerComplete:
                        await DeliverAsync(frame).ConfigureAwait(false);
                        break;
                    case ExchangeFrameKind.End when !isPeerComplete:
                        isPeerComplete = true;
                        if (_isListener)
                        {
                            // The client's side is complete; a client waits for the status, which comes with the listener's end.
                            _inbound.Writer.TryComplete();
                        }

                        break;
                    case ExchangeFrameKind.Status:
                        var status = ExchangeStatus.Read(frame.AppMetadata);
                        await EndAsync(status.IsOk ? null : new RpcException(status)).ConfigureAwait(false);
                        if (!_isListener)
                        {
                            // The listener waits for this, and nobody may dispose the stream for long.
                            _transport.Dispose();
                        }

                        return;
                    default:
                        throw Malformed($"a frame of kind {frame.Kind} came after the end");
                }
            }

            await EndAsync(ExchangeFaults.Broken($"{Peer} closed the connection before the stream had ended.")).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Disposed here; whoever reads is told by the end that follows.
        }
        catch (RpcException exception)
        {
            await EndAsync(exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            await EndAsync(ExchangeFaults.Broken($"The connection to {Peer} broke: {exception.Message}", exception)).ConfigureAwait(false);
        }
    }

    private async ValueTask DeliverAsync(ExchangeFrame frame)
    {
        try
        {
            await _inbound.Writer.WriteAsync(frame, _closing.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            frame.Body.Release();
            if (exception is ChannelClosedException)
            {
                // The watch has ended the stream meanwhile.
                throw Failure ?? ExchangeFaults.Broken("The stream was disposed.");
            }

            throw;
        }
    }

    private void ReleaseInbound()
    {
        while (_inbound.Reader.TryRead(out var frame))
        {
            frame.Body.Release();
        }

        while (_early.TryDequeue(out var element))
        {
            element.Batch?.Dispose();
        }
    }

    private RpcException Malformed(string what, Exception? inner = null) => ExchangeFaults.Make(
        _isListener ? RpcStatusCode.InvalidArgument : RpcStatusCode.Internal, ExchangeFaults.Malformed, $"The stream of {Peer} is not well-formed: {what}.", inner);
}
