using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>A session with a worker in this process.</summary>
internal sealed class InProcessSessionConnection(InProcessGatewaySession session, CancellationToken siloStopping) : ISessionConnection
{
    public string Peer => "in-process";

    public CancellationToken SiloStopping => siloStopping;

    public IAsyncEnumerable<WorkerMessage> ReadAllAsync(CancellationToken cancellationToken) => session.ReadAllAsync(cancellationToken);

    public ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken) => session.SendAsync(message, cancellationToken);
}
