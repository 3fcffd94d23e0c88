using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Wire;

/// <summary>
/// The other process of the scenarios that measure a connection: it serves Flight, bare HTTP/2 and bare sockets out of the same memory, so that
/// what is compared runs between the same two processes.
/// </summary>
internal sealed class WirePeer : IAsyncDisposable
{
    /// <summary>First argument that makes this executable the peer.</summary>
    public const string Argument = "--wire-peer";

    private readonly Process _process;

    private WirePeer(Process process, Uri address, int socketPort)
    {
        _process = process;
        SocketPort = socketPort;
        Address = address;
        Channel = new RpcChannel(address, new RpcChannelOptions());
        Flight = new FlightClient(Channel);
    }

    /// <summary>Where the peer speaks HTTP/2.</summary>
    public Uri Address { get; }

    /// <summary>Where the peer speaks <see cref="BareSockets"/>.</summary>
    public int SocketPort { get; }

    public RpcChannel Channel { get; }

    public FlightClient Flight { get; }

    /// <summary>Processor time of the peer so far, in seconds.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Processor time of this process so far, in seconds.</summary>
    public static double OwnCpuSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    public static async Task<WirePeer> StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add(typeof(WirePeer).Assembly.Location);
        start.ArgumentList.Add(Argument);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The peer process ended before it served.");
        var parts = line.Split(' ');
        return new WirePeer(process, new Uri(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    /// <summary>A request as the HTTP client makes it without gRPC, over its own connection with the channel's window.</summary>
    public static HttpMessageInvoker BareClient() => new(new SocketsHttpHandler { InitialHttp2StreamWindowSize = new RpcChannelOptions().StreamWindowBytes });

    public HttpRequestMessage BareRequest(string path, HttpContent content) => new(HttpMethod.Post, new Uri(Address, path))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = content,
    };

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
