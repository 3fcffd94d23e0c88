using System.Net.Sockets;

namespace OrleansFlow.Flight.Exchange;

/// <summary>Bytes to and from a peer. One side may send while another receives, each one at a time.</summary>
internal abstract class ExchangeTransport(Socket socket) : IDisposable
{
    protected Socket Socket { get; } = socket;

    /// <summary>Where the peer is.</summary>
    public string Peer { get; } = DescribePeer(socket);

    /// <summary>Receives some bytes; 0 at the end.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> target, CancellationToken cancellationToken);

    /// <summary>Sends parts one behind the other; ends when the system has taken them all. Stopped in the middle it leaves the connection useless.</summary>
    public abstract ValueTask SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken);

    /// <summary>Tells the peer that nothing follows.</summary>
    public abstract ValueTask CompleteAsync();

    /// <summary>Whether the peer has closed its connection, even when bytes of it still wait to be received.</summary>
    public bool IsPeerGone()
    {
        try
        {
            return NativeSocket.IsSupported
                ? NativeSocket.IsPeerGone(Socket.SafeHandle)
                : Socket.Poll(0, SelectMode.SelectError);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Cuts the connection; the peer notices at once.</summary>
    public void Abort()
    {
        try
        {
            // Without lingering the peer's send fails, too, instead of filling a buffer that nobody reads.
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is cut already, or a socket of a kind that knows no lingering.
        }

        Dispose();
    }

    public virtual void Dispose() => Socket.Dispose();

    /// <summary>Options of both sides' sockets.</summary>
    public static void Prepare(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        socket.NoDelay = true;

        // A host that vanished without a word is noticed after 10 + 3 * 5 s.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    private static string DescribePeer(Socket socket) => socket.RemoteEndPoint switch
    {
        System.Net.IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } end => $"ipv6:{end}",
        System.Net.IPEndPoint end => $"ipv4:{end}",
        _ => "unix:",
    };
}
