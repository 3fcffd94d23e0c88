using System.Net.Security;
using System.Net.Sockets;

namespace OrleansFlow.Flight.Exchange;

/// <summary>An encrypted connection. Encryption copies every byte anyway, so small parts are gathered to fill its records.</summary>
internal sealed class TlsTransport(Socket socket, SslStream stream) : ExchangeTransport(socket)
{
    private const int GatheredBytes = 16 * 1024;

    private readonly byte[] _gathered = new byte[GatheredBytes];

    public SslStream Stream => stream;

    /// <summary>The listener's side of the TLS handshake.</summary>
    public static async Task<ExchangeTransport> AcceptAsync(Socket socket, SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(options, cancellationToken).ConfigureAwait(false);
            return new TlsTransport(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> target, CancellationToken cancellationToken) => stream.ReadAsync(target, cancellationToken);

    public override async ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken)
    {
        var used = 0;
        foreach (var part in parts)
        {
            if (part.Length > GatheredBytes - used)
            {
                await stream.WriteAsync(_gathered.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
                used = 0;
            }

            if (part.Length > GatheredBytes)
            {
                await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                part.CopyTo(_gathered.AsMemory(used));
                used += part.Length;
            }
        }

        if (used > 0)
        {
            await stream.WriteAsync(_gathered.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask CompleteAsync()
    {
        await stream.ShutdownAsync().ConfigureAwait(false);
        Socket.Shutdown(SocketShutdown.Send);
    }

    public override void Dispose()
    {
        // The stream owns the socket by way of its inner stream.
        stream.Dispose();
        base.Dispose();
    }
}
