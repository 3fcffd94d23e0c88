using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>One asynchronous TCP stream over loopback with 1 MB buffers: what a byte stream can reach without any protocol.</summary>
internal static class LoopbackTcp
{
    private const int BufferBytes = 1_000_000;

    /// <returns>Gigabytes (10^9) per second.</returns>
    public static async Task<double> GigabytesPerSecondAsync(long bytes, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync(cancellationToken);
        using var receiver = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await receiver.ConnectAsync(listener.LocalEndpoint, cancellationToken);
        using var sender = await accepting;

        var began = clock.GetTimestamp();
        var sending = SendAsync(sender, bytes, cancellationToken);
        var buffer = new byte[BufferBytes];
        for (long received = 0; received < bytes;)
        {
            received += await receiver.ReceiveAsync(buffer, cancellationToken);
        }

        await sending;
        return bytes / clock.GetElapsedTime(began).TotalSeconds / 1e9;
    }

    private static async Task SendAsync(Socket sender, long bytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (bytes > 0)
        {
            bytes -= await sender.SendAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, bytes)), cancellationToken);
        }
    }
}
