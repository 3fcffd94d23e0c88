using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Benchmarks.Macro.Wire;

/// <summary>One TCP stream without any protocol: the peer sends its rows, as often as the first eight bytes say.</summary>
internal sealed class BareSockets : IDisposable
{
    private const int BufferBytes = 1024 * 1024;
    private readonly WireRows _rows;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();

    public BareSockets(WireRows rows)
    {
        _rows = rows;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Ends when this is disposed.</summary>
    public Task Serving { get; }

    /// <summary>Receives so many bytes.</summary>
    public static async Task ReceiveAsync(int port, long bytes, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await socket.SendAsync(BitConverter.GetBytes(bytes), cancellationToken);
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
        for (var left = bytes; left > 0;)
        {
            var read = await socket.ReceiveAsync(buffer, cancellationToken);
            left -= read > 0 ? read : throw new InvalidOperationException($"The peer ended {left} bytes early.");
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptAsync(_stop.Token);
                var wanted = new byte[sizeof(long)];
                await socket.ReceiveAsync(wanted, _stop.Token);
                await SendAsync(socket, BitConverter.ToInt64(wanted));
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task SendAsync(Socket socket, long bytes)
    {
        while (bytes > 0)
        {
            foreach (var part in _rows.Parts)
            {
                for (var at = 0; at < part.Length && bytes > 0;)
                {
                    var sent = await socket.SendAsync(part.Slice(at, (int)Math.Min(Math.Min(part.Length - at, BufferBytes), bytes)), _stop.Token);
                    at += sent;
                    bytes -= sent;
                }
            }
        }
    }
}
