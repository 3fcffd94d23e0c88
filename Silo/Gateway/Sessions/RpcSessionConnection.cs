using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>A session over a gRPC call.</summary>
internal sealed class RpcSessionConnection(
    IAsyncEnumerable<WorkerMessage> requests, RpcResponseWriter<SiloMessage> responses, RpcServerContext context) : ISessionConnection
{
    public string Peer => context.Peer;

    public CancellationToken SiloStopping => context.ServerStopping;

    public IAsyncEnumerable<WorkerMessage> ReadAllAsync(CancellationToken cancellationToken) => requests;

    public ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return responses.WriteAsync(message);
    }
}
