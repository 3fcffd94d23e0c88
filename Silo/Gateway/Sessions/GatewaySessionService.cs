using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Serves worker sessions, whatever transport brings them.</summary>
internal sealed class GatewaySessionService(
    IGrainFactory grains,
    IIdSource ids,
    ClusterKey key,
    GatewayIdentity identity,
    IOptions<GatewaySessionOptions> options,
    TimeProvider clock,
    ILogger<GatewaySession> logger)
{
    private readonly GatewaySessionOptions _options = options.Value;
    private int _sessionCount;

    /// <summary>Sessions served now.</summary>
    public int SessionCount => Volatile.Read(ref _sessionCount);

    /// <summary>The gRPC service <c>orleansflow.worker.v1.WorkerSessions</c>.</summary>
    public RpcServiceDefinition Define() => new RpcServiceDefinition(RpcWorkerTransport.SessionMethod.Service)
        .DescribedBy(Protocol.Worker.V1.WorkerV1Reflection.Descriptor)
        .Duplex(RpcWorkerTransport.SessionMethod, async (requests, responses, context) =>
        {
            // Some clients wait for the headers before they send, and this side waits for the registration.
            await context.SendResponseHeadersAsync();
            await ServeAsync(new RpcSessionConnection(requests, responses, context), context.CancellationToken);
        });

    /// <summary>Serves one session to its end.</summary>
    /// <exception cref="FlowException">The worker was refused or broke the protocol.</exception>
    public async Task ServeAsync(ISessionConnection connection, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _sessionCount) > _options.SessionsMax)
        {
            Interlocked.Decrement(ref _sessionCount);
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"This gateway serves {_options.SessionsMax} workers at a time; raise {GatewaySessionOptions.SectionName}:{nameof(GatewaySessionOptions.SessionsMax)}.");
        }

        try
        {
            var welcome = new SessionWelcome(ids.NewId(), identity.ClusterId, identity.ArtifactFolder, key.VerificationKeys);
            await new GatewaySession(grains, connection, welcome, _options, clock, logger).RunAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _sessionCount);
        }
    }
}
