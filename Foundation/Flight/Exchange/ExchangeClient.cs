using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>Opens streams to listeners. Thread-safe; each stream has a connection of its own.</summary>
public sealed class ExchangeClient
{
    private readonly ExchangeClientOptions _options;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Read once; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public ExchangeClient(ExchangeClientOptions? options = null)
    {
        _options = options ?? new ExchangeClientOptions();
        _options.Validate();
    }

    /// <summary>Opens a stream; when it returns the listener has let it in.</summary>
    /// <param name="address">Where the listener is.</param>
    /// <param name="ticket">What the stream is about.</param>
    /// <param name="headers">Metadata for the listener; null for none.</param>
    /// <param name="cancellationToken">Gives up the opening.</param>
    /// <returns>The stream; dispose it.</returns>
    /// <exception cref="RpcException">
    /// Nobody answers (<c>exchange_unreachable</c>), not in time (<c>exchange_handshake_timeout</c>), or the listener refuses: its status.
    /// </exception>
    public async Task<ExchangeStream> OpenAsync(
        ExchangeAddress address, FlightTicket ticket, RpcMetadata? headers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(ticket);
        var all = headers?.ToList() ?? [];
        if (_options.BearerToken is { } makeToken && await makeToken(cancellationToken).ConfigureAwait(false) is { } token)
        {
            var authorization = new RpcMetadata();
            authorization.Add("authorization", "Bearer " + token);
            all.AddRange(authorization);
        }

        var hello = ExchangeHandshake.WriteHello(ticket, all);
        using var late = new CancellationTokenSource(_options.HandshakeTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var socket = address.Path is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            return await OpenAsync(socket, address, hello, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            socket.Dispose();
            switch (exception)
            {
                case OperationCanceledException when !cancellationToken.IsCancellationRequested:
                    throw ExchangeFaults.Make(
                        RpcStatusCode.DeadlineExceeded, ExchangeFaults.HandshakeTimeout, $"{address} did not take the stream within {_options.HandshakeTimeout}.", exception);
                case SocketException or IOException or AuthenticationException:
                    throw ExchangeFaults.Make(RpcStatusCode.Unavailable, ExchangeFaults.Unreachable, $"{address} cannot be reached: {exception.Message}", exception);
                default:
                    throw;
            }
        }
    }

    private async Task<ExchangeStream> OpenAsync(Socket socket, ExchangeAddress address, byte[] hello, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(address.ToEndPoint(), cancellationToken).ConfigureAwait(false);
        ExchangeTransport.Prepare(socket);
        var transport = address.IsTls ? await EncryptAsync(socket, address, cancellationToken).ConfigureAwait(false) : new SocketTransport(socket);
        try
        {
            await transport.SendAsync([hello], cancellationToken).ConfigureAwait(false);
            var reader = new ExchangeFrameReader(transport, _options, RpcStatusCode.Internal);
            var start = new byte[ExchangeHandshake.StartBytes];
            await reader.ReadExactlyAsync(start, cancellationToken).ConfigureAwait(false);
            var refusal = new byte[ExchangeHandshake.ReadStart(start, ExchangeHandshake.PayloadBytesMax)];
            if (refusal.Length > 0)
            {
                await reader.ReadExactlyAsync(refusal, cancellationToken).ConfigureAwait(false);
                throw new RpcException(ExchangeStatus.Read(refusal));
            }

            return new ExchangeStream(transport, reader, _options, isListener: false);
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    private async Task<ExchangeTransport> EncryptAsync(Socket socket, ExchangeAddress address, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        try
        {
            var given = _options.Tls ?? new SslClientAuthenticationOptions();
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = given.TargetHost ?? address.Host,
                ClientCertificates = given.ClientCertificates,
                ClientCertificateContext = given.ClientCertificateContext,
                LocalCertificateSelectionCallback = given.LocalCertificateSelectionCallback,
                RemoteCertificateValidationCallback = given.RemoteCertificateValidationCallback,
                CertificateChainPolicy = given.CertificateChainPolicy,
                CertificateRevocationCheckMode = given.CertificateRevocationCheckMode,
                EnabledSslProtocols = given.EnabledSslProtocols,
                EncryptionPolicy = given.EncryptionPolicy,
            };
            await stream.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return new TlsTransport(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
