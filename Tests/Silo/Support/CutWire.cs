using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>The network between one worker and its gateway: a loopback port whose connections a test breaks, and heals again.</summary>
internal sealed class CutWire : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<TcpClient> _open = [];
    private readonly List<Task> _carrying = [];
    private readonly int _gatewayPort;
    private readonly Task _accepting;
    private bool _isCut;

    public CutWire(Uri gateway)
    {
        _gatewayPort = gateway.Port;
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    /// <summary>Where the worker finds the gateway.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Breaks every connection; new ones are closed as soon as they are made.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _isCut = true;
            foreach (var client in _open)
            {
                client.Dispose();
            }

            _open.Clear();
        }
    }

    /// <summary>Lets new connections through again.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _isCut = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_carrying);
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                _carrying.Add(CarryAsync(await _listener.AcceptTcpClientAsync(CancellationToken.None)));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }
    }

    private async Task CarryAsync(TcpClient worker)
    {
        using var gateway = new TcpClient { NoDelay = true };
        worker.NoDelay = true;
        try
        {
            lock (_gate)
            {
                if (_isCut)
                {
                    return;
                }

                _open.Add(worker);
                _open.Add(gateway);
            }

            await gateway.ConnectAsync(IPAddress.Loopback, _gatewayPort, CancellationToken.None);
            var (near, far) = (worker.GetStream(), gateway.GetStream());
            await Task.WhenAny(near.CopyToAsync(far, CancellationToken.None), far.CopyToAsync(near, CancellationToken.None));
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException)
        {
            // It was cut while it was being made.
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(worker);
                _open.Remove(gateway);
            }

            worker.Dispose();
        }
    }
}
