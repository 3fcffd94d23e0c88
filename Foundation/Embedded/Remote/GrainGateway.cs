using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansFlow.Rpc;

namespace Orleans.Embedded.Remote;

/// <summary>The silo's side of <c>embedded.v1</c>. A server of gRPC maps what <see cref="Define"/> gives; this knows no server.</summary>
internal sealed partial class GrainGateway(SiloRuntime silo, IOptions<SiloMessagingOptions> messaging, ILogger<GrainGateway> logger)
{
    /// <summary>Clients at a time.</summary>
    public const int ClientsMax = 1000;

    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<GatewayPeer, byte> _clients = new();
    private int _clientCount;

    /// <summary>Clients that are connected.</summary>
    public int ClientCount => _clients.Count;

    public RpcServiceDefinition Define()
    {
        var method = RemoteProtocol.Connect(messaging.Value.MaxMessageBodySize);
        return new RpcServiceDefinition(RemoteProtocol.Service).Duplex(method, async (frames, responses, context) =>
        {
            // Some clients wait for the headers before they send, and this side waits for the hello.
            await context.SendResponseHeadersAsync();
            await ServeAsync(new Connection(frames, responses), context.Peer, context.CancellationToken);
        });
    }

    /// <summary>Serves one client until it leaves.</summary>
    /// <exception cref="RpcException">The client broke the protocol, or was refused.</exception>
    public async Task ServeAsync(IFrameConnection connection, string address, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _clientCount) > ClientsMax)
        {
            Interlocked.Decrement(ref _clientCount);
            throw new RpcException(RpcStatusCode.ResourceExhausted, $"This gateway serves {ClientsMax} grain clients at a time.");
        }

        var peer = new GatewayPeer(silo, connection, messaging.Value.MaxMessageBodySize);
        _clients[peer] = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var reading = peer.ReadAsync(stop.Token);
            await WaitForHelloAsync(peer, reading, cancellationToken);
            await await Task.WhenAny(reading, peer.EndedHere);
            peer.End(new OrleansException("The client has closed the connection."));
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            peer.End(exception);
            throw;
        }
        catch (Exception exception) when (exception is RemoteProtocolException or LimitExceededException)
        {
            peer.End(exception);
            LogClientRefused(address, exception.Message);
            throw new RpcException(
                exception is LimitExceededException ? RpcStatusCode.ResourceExhausted : RpcStatusCode.InvalidArgument, exception.Message);
        }
        catch (Exception exception)
        {
            peer.End(exception);
            throw;
        }
        finally
        {
            await stop.CancelAsync();
            _clients.TryRemove(peer, out _);
            Interlocked.Decrement(ref _clientCount);
        }
    }

    private async Task WaitForHelloAsync(GatewayPeer peer, Task reading, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(HelloTimeout, silo.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await Task.WhenAny(peer.Hello, reading, peer.EndedHere).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RemoteProtocolException($"No hello came within {HelloTimeout}.");
        }

        if (peer.Hello.IsCompletedSuccessfully)
        {
            var clientId = await peer.Hello;
            LogClientConnected(clientId);
        }
    }

    private sealed class Connection(IAsyncEnumerable<RemoteFrame> frames, RpcResponseWriter<RemoteFrame> responses) : IFrameConnection
    {
        public ValueTask WriteAsync(RemoteFrame frame) => responses.WriteAsync(frame);

        // The frames of a call know its end; the token is for this side's.
        public IAsyncEnumerable<RemoteFrame> ReadAllAsync(CancellationToken cancellationToken) => frames;
    }

    [LoggerMessage(EventId = 6161, Level = LogLevel.Information, Message = "Grain client {ClientId} is connected")]
    private partial void LogClientConnected(string clientId);

    [LoggerMessage(EventId = 6162, Level = LogLevel.Warning, Message = "The connection of the grain client at {Address} was ended: {Reason}")]
    private partial void LogClientRefused(string address, string reason);
}
