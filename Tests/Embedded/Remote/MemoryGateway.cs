using System.Threading.Channels;
using Orleans.Embedded.Remote;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>Connects clients to a gateway through memory; breaks connections when told to.</summary>
internal sealed class MemoryGateway : IGatewayConnector
{
    private readonly Lock _gate = new();
    private readonly List<MemoryConnection> _connections = [];

    public GrainGateway? Gateway { get; set; }

    /// <summary>Fails attempts to connect when set.</summary>
    public Exception? Refusal { get; set; }

    public int Attempts { get; private set; }

    /// <summary>Signalled for each attempt.</summary>
    public Channel<int> AttemptsSeen { get; } = Channel.CreateUnbounded<int>();

    public ValueTask<IGatewayConnection> OpenAsync(GrainGatewayLocation location, CancellationToken cancellationToken)
    {
        Attempts++;
        AttemptsSeen.Writer.TryWrite(Attempts);
        if (Refusal is { } refusal)
        {
            throw refusal;
        }

        var connection = new MemoryConnection();
        connection.Serving = ServeAsync(connection);
        lock (_gate)
        {
            _connections.Add(connection);
        }

        return new ValueTask<IGatewayConnection>(connection);
    }

    /// <summary>Breaks all connections, as a cable that is pulled.</summary>
    public void Break(string reason)
    {
        lock (_gate)
        {
            foreach (var connection in _connections)
            {
                connection.Break(new IOException(reason));
            }

            _connections.Clear();
        }
    }

    private async Task ServeAsync(MemoryConnection connection)
    {
        try
        {
            await Gateway!.ServeAsync(connection.Server, "memory", connection.Ended);
            connection.Break(null);
        }
        catch (Exception exception)
        {
            connection.Break(exception);
        }
    }
}

/// <summary>Both ends of a connection through memory.</summary>
internal sealed class MemoryConnection : IGatewayConnection
{
    private readonly Channel<RemoteFrame> _toServer = Channel.CreateBounded<RemoteFrame>(16);
    private readonly Channel<RemoteFrame> _toClient = Channel.CreateBounded<RemoteFrame>(16);
    private readonly CancellationTokenSource _ended = new();

    public MemoryConnection() => Server = new ServerEnd(this);

    public IFrameConnection Server { get; }

    public CancellationToken Ended => _ended.Token;

    public Task Serving { get; set; } = Task.CompletedTask;

    public ValueTask WriteAsync(RemoteFrame frame) => _toServer.Writer.WriteAsync(RemoteFrame.CopyOf(frame.Bytes.Span));

    public IAsyncEnumerable<RemoteFrame> ReadAllAsync(CancellationToken cancellationToken) => _toClient.Reader.ReadAllAsync(cancellationToken);

    public void Break(Exception? reason)
    {
        _toClient.Writer.TryComplete(reason);
        _toServer.Writer.TryComplete(reason);
        _ended.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        Break(null);
        await Serving;
    }

    private sealed class ServerEnd(MemoryConnection connection) : IFrameConnection
    {
        public ValueTask WriteAsync(RemoteFrame frame) => connection._toClient.Writer.WriteAsync(RemoteFrame.CopyOf(frame.Bytes.Span));

        public IAsyncEnumerable<RemoteFrame> ReadAllAsync(CancellationToken cancellationToken) =>
            connection._toServer.Reader.ReadAllAsync(cancellationToken);
    }
}
