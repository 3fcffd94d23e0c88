using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>The least a remote call can be: a few bytes to a socket of this process and back, one connection for each caller.</summary>
internal static class LoopbackEcho
{
    private const int Bytes = 32;

    public static async Task<double> RoundTripsPerSecondAsync(int callers, int roundTrips, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(callers);
        var clients = new List<Socket>();
        var servers = new List<Task>();
        for (var caller = 0; caller < callers; caller++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
            clients.Add(client);
            servers.Add(EchoAsync(await listener.AcceptAsync(cancellationToken), cancellationToken));
        }

        var began = clock.GetTimestamp();
        await Task.WhenAll(clients.Select(client => CallAsync(client, roundTrips / callers, cancellationToken)));
        var elapsed = clock.GetElapsedTime(began);
        clients.ForEach(client => client.Dispose());
        await Task.WhenAll(servers);
        return roundTrips / elapsed.TotalSeconds;
    }

    private static async Task CallAsync(Socket socket, int roundTrips, CancellationToken cancellationToken)
    {
        var buffer = new byte[Bytes];
        for (var trip = 0; trip < roundTrips; trip++)
        {
            await socket.SendAsync(buffer, cancellationToken);
            for (var received = 0; received < Bytes;)
            {
                received += await socket.ReceiveAsync(buffer.AsMemory(received), cancellationToken);
            }
        }
    }

    private static async Task EchoAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var _ = socket;
        var buffer = new byte[Bytes];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and var received)
        {
            await socket.SendAsync(buffer.AsMemory(0, received), cancellationToken);
        }
    }
}
