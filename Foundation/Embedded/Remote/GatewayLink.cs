namespace Orleans.Embedded.Remote;

/// <summary>One connection and the loop that reads it.</summary>
internal sealed class GatewayLink : IAsyncDisposable
{
    private readonly IGatewayConnection _connection;
    private readonly CancellationTokenSource _stop = new();

    public GatewayLink(ClientPeer peer, IGatewayConnection connection, string gateway)
    {
        Peer = peer;
        _connection = connection;
        Gateway = gateway;
        Reading = peer.ReadAsync(_stop.Token);
    }

    public ClientPeer Peer { get; }

    public string Gateway { get; }

    public Task Reading { get; }

    public async Task CloseAsync(Exception reason)
    {
        Peer.End(reason);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        try
        {
            await Reading.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Its reason is known, or is the end of the connection that was just closed.
        }

        _stop.Dispose();
    }
}
