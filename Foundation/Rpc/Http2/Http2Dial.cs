using System.Buffers;
using System.Net.Sockets;

namespace OrleansFlow.Rpc.Http2;

/// <summary>Connects to a server and says hello.</summary>
internal static class Http2Dial
{
    /// <summary>All that a connection may have under way towards us beyond what HTTP/2 begins with: its streams have windows of their own.</summary>
    private const int ConnectionCreditBytes = int.MaxValue - 65_535;

    /// <summary>Connects.</summary>
    /// <param name="address">The server.</param>
    /// <param name="options">Time limits, and the window of a response.</param>
    /// <param name="frameBytesMax">Largest frame that is accepted, in bytes.</param>
    /// <param name="clock">Measures the limits.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The server cannot be reached, or not in time.</exception>
    public static async Task<Socket> ConnectAsync(
        Uri address, RpcChannelOptions options, int frameBytesMax, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.ConnectTimeout, clock);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = (int)options.KeepAliveTimeout.TotalMilliseconds };
        try
        {
            await socket.ConnectAsync(address.IdnHost, address.Port, timeout.Token).ConfigureAwait(false);
            var hello = new ArrayBufferWriter<byte>();
            Http2Writer.WritePreface(hello, options.StreamWindowBytes, frameBytesMax);
            Http2Writer.WriteWindowUpdate(hello, 0, ConnectionCreditBytes);
            await socket.SendAsync(hello.WrittenMemory, timeout.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception exception)
        {
            socket.Dispose();
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new IOException($"{address.Authority} did not accept a connection within {options.ConnectTimeout}.", exception);
            }

            if (exception is SocketException)
            {
                throw new IOException($"{exception.Message} ({address.Authority})", exception);
            }

            throw;
        }
    }
}
