using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>What a gateway tells every worker that registers.</summary>
/// <param name="SessionId">Of this stream; never repeated.</param>
/// <param name="ClusterId">Tells two clusters apart.</param>
/// <param name="ArtifactRoot">Folder of the shared artifact store.</param>
/// <param name="VerificationKeys">Public halves of the cluster key.</param>
internal sealed record SessionWelcome(string SessionId, string ClusterId, string ArtifactRoot, IReadOnlyList<string> VerificationKeys)
{
    public Wire.SiloMessage ToMessage(RegistrationReceipt receipt)
    {
        var registered = new Wire.Registered
        {
            SessionId = SessionId,
            ClusterId = ClusterId,
            ArtifactRoot = ArtifactRoot,
            HeartbeatIntervalMs = (long)receipt.HeartbeatInterval.TotalMilliseconds,
            LeaseDurationMs = (long)receipt.LeaseDuration.TotalMilliseconds,
        };
        registered.VerificationKeys.Add(VerificationKeys);
        registered.Lost.Add(receipt.Lost.Select(SessionMapping.ToWire));
        return new Wire.SiloMessage { Registered = registered };
    }
}
