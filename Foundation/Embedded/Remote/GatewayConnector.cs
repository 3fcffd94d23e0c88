using OrleansFlow.Rpc;

namespace Orleans.Embedded.Remote;

/// <summary>Opens connections to a gateway.</summary>
internal interface IGatewayConnector
{
    /// <summary>Opens one. Nothing but headers has been exchanged then.</summary>
    ValueTask<IGatewayConnection> OpenAsync(GrainGatewayLocation location, CancellationToken cancellationToken);
}

/// <summary>An open connection. Disposing it closes it.</summary>
internal interface IGatewayConnection : IFrameConnection, IAsyncDisposable
{
}

/// <summary>Connections over gRPC.</summary>
internal sealed class RpcGatewayConnector(int recordBytesMax, TimeProvider clock) : IGatewayConnector
{
    private readonly RpcMethod<RemoteFrame, RemoteFrame> _method = RemoteProtocol.Connect(recordBytesMax);

    public async ValueTask<IGatewayConnection> OpenAsync(GrainGatewayLocation location, CancellationToken cancellationToken)
    {
        var token = location.Token;
        var channel = new RpcChannel(location.Address, new RpcChannelOptions
        {
            TimeProvider = clock,
            BearerToken = token is null ? null : _ => ValueTask.FromResult<string?>(token),
        });
        try
        {
            var call = channel.Duplex(_method);
            await call.GetHeadersAsync(cancellationToken);
            return new Connection(channel, call);
        }
        catch
        {
            await channel.DisposeAsync();
            throw;
        }
    }

    private sealed class Connection(RpcChannel channel, RpcDuplexCall<RemoteFrame, RemoteFrame> call) : IGatewayConnection
    {
        public ValueTask WriteAsync(RemoteFrame frame) => call.WriteAsync(frame);

        public IAsyncEnumerable<RemoteFrame> ReadAllAsync(CancellationToken cancellationToken) => call.ReadAllAsync(cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await call.DisposeAsync();
            await channel.DisposeAsync();
        }
    }
}
