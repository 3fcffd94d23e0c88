using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>Takes streams of <see cref="ExchangeClient"/>s on one address. Disposing it stops it.</summary>
public sealed class ExchangeListener : IAsyncDisposable
{
    private const int Backlog = 512;

    // Refusals that are being told; whoever comes beyond them is cut off without a word.
    private const int RefusalsMax = 64;

    private readonly ExchangeListenerOptions _options;
    private readonly Func<ExchangeCall, Task> _handleAsync;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _serving = [];
    private readonly Task _accepting;
    private int _connections;
    private int _isDisposed;

    private ExchangeListener(ExchangeListenerOptions options, Func<ExchangeCall, Task> handleAsync, Socket socket)
    {
        _options = options;
        _handleAsync = handleAsync;
        _socket = socket;
        Address = socket.LocalEndPoint is IPEndPoint end
            ? ExchangeAddress.Tcp(options.Address.Host, end.Port, options.Address.IsTls)
            : options.Address;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that it took.</summary>
    public ExchangeAddress Address { get; }

    /// <summary>Streams under way.</summary>
    public int StreamCount => Volatile.Read(ref _connections);

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Read once.</param>
    /// <param name="handleAsync">
    /// Serves one stream; called for many at a time. Its return ends the stream well, an <see cref="RpcException"/> with that status.
    /// </param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="SocketException">The address is taken or not of this host.</exception>
    public static ExchangeListener Start(ExchangeListenerOptions options, Func<ExchangeCall, Task> handleAsync)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handleAsync);
        options.Validate();
        var end = options.Address.ToEndPoint();
        if (end is DnsEndPoint named)
        {
            throw new ArgumentException($"'{named.Host}' is no number; a listener needs the address of an interface, as 127.0.0.1 or 0.0.0.0.", nameof(options));
        }

        var socket = options.Address.Path is { } path ? BindUnix(path) : new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (end is IPEndPoint)
            {
                socket.Bind(end);
            }

            socket.Listen(Backlog);
            return new ExchangeListener(options, handleAsync, socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Stops: no further streams; those under way are cancelled and end with UNAVAILABLE.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _socket.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_serving.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        if (Address.Path is { } path)
        {
            File.Delete(path);
        }
    }

    private static Socket BindUnix(string path)
    {
        var end = new UnixDomainSocketEndPoint(path);
        if (File.Exists(path))
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                probe.Connect(end);
                throw new SocketException((int)SocketError.AddressAlreadyInUse, $"Another process listens on '{path}'.");
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // Left by a process that was killed.
                File.Delete(path);
            }
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(end);
            if (!OperatingSystem.IsWindows())
            {
                // Before it listens, so that nobody else ever gets in.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested && Volatile.Read(ref _isDisposed) == 0)
            {
                // The peer went before it was accepted, or the process has no descriptor left: both pass.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
                continue;
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            var count = Interlocked.Increment(ref _connections);
            if (count > _options.StreamsMax + RefusalsMax)
            {
                Interlocked.Decrement(ref _connections);
                socket.Dispose();
                continue;
            }

            Track(ServeAsync(socket, isOneTooMany: count > _options.StreamsMax));
        }
    }

    private void Track(Task serving)
    {
        _serving[serving] = 0;
        _ = serving.ContinueWith(
            static (ended, state) => ((ConcurrentDictionary<Task, byte>)state!).TryRemove(ended, out _),
            _serving,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task ServeAsync(Socket socket, bool isOneTooMany)
    {
        // Off the accepting loop.
        await Task.Yield();
        ExchangeTransport? transport = null;
        try
        {
            ExchangeTransport.Prepare(socket);
            using var late = new CancellationTokenSource(_options.HandshakeTimeout, _options.TimeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
            transport = _options.Tls is { } tls ? await TlsTransport.AcceptAsync(socket, tls, either.Token).ConfigureAwait(false) : new SocketTransport(socket);
            var reader = new ExchangeFrameReader(transport, _options, RpcStatusCode.InvalidArgument);
            if (await LetInAsync(transport, reader, isOneTooMany, either.Token).ConfigureAwait(false) is { } hello)
            {
                var stream = new ExchangeStream(transport, reader, _options, isListener: true);
                await using var _ = stream.ConfigureAwait(false);
                await HandleAsync(hello, stream).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or SocketException or IOException or AuthenticationException or RpcException or ObjectDisposedException)
        {
            // The peer broke the handshake off, took too long for it, or is none of ours. There is nobody to tell.
        }
        finally
        {
            transport?.Dispose();
            socket.Dispose();
            Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>Reads what the caller wants and tells it whether it may.</summary>
    /// <returns>Null when it may not.</returns>
    private async Task<ExchangeHello?> LetInAsync(ExchangeTransport transport, ExchangeFrameReader reader, bool isOneTooMany, CancellationToken cancellationToken)
    {
        RpcException refusal;
        try
        {
            var start = new byte[ExchangeHandshake.StartBytes];
            await reader.ReadExactlyAsync(start, cancellationToken).ConfigureAwait(false);
            var payload = new byte[ExchangeHandshake.ReadStart(start, ExchangeHandshake.PayloadBytesMax)];
            await reader.ReadExactlyAsync(payload, cancellationToken).ConfigureAwait(false);
            var (ticket, headers) = ExchangeHandshake.ReadHello(payload);
            if (isOneTooMany)
            {
                throw ExchangeFaults.Make(
                    RpcStatusCode.ResourceExhausted, ExchangeFaults.TooManyStreams, $"{Address} has its {_options.StreamsMax} streams; try again when one has ended, or raise {nameof(_options.StreamsMax)}.");
            }

            var hello = new ExchangeHello(ticket, headers, transport.Peer, (transport as TlsTransport)?.Stream.RemoteCertificate as X509Certificate2);
            if (_options.Authorize is { } authorize)
            {
                await authorize(hello, cancellationToken).ConfigureAwait(false);
            }

            await transport.SendAsync([ExchangeHandshake.WriteAnswer(refusal: null)], cancellationToken).ConfigureAwait(false);
            return hello;
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or SocketException or IOException or ObjectDisposedException))
        {
            refusal = ToFailure(exception, null);
        }

        await transport.SendAsync([ExchangeHandshake.WriteAnswer(refusal.Status)], cancellationToken).ConfigureAwait(false);
        await transport.CompleteAsync().ConfigureAwait(false);
        await reader.DiscardAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task HandleAsync(ExchangeHello hello, ExchangeStream stream)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stream.Ended, _stopping.Token);
        var status = RpcStatus.Ok;
        try
        {
            await _handleAsync(new ExchangeCall(hello, stream, gone.Token)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            status = ToFailure(exception, stream).Status;
        }

        await stream.FinishAsync(status, _stopping.Token).ConfigureAwait(false);
    }

    private RpcException ToFailure(Exception exception, ExchangeStream? stream)
    {
        // What broke the stream says more than what the handler made of it.
        if (stream?.Failure is { } failure)
        {
            return failure;
        }

        switch (exception)
        {
            case RpcException known:
                return known;
            case OperationCanceledException when _stopping.IsCancellationRequested:
                return new RpcException(RpcStatusCode.Unavailable, $"{Address} is stopping.");
            case var _ when _options.MapError?.Invoke(exception) is { } mapped:
                return mapped;
            case OperationCanceledException:
                return new RpcException(RpcStatusCode.Cancelled, "The stream was cancelled by the listener.");
            default:
                _options.UnexpectedError?.Invoke(exception);
                return new RpcException(new RpcStatus(RpcStatusCode.Unknown, $"The stream failed at {Address}; its log says why."), innerException: exception);
        }
    }
}
