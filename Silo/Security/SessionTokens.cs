using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Security;

/// <summary>Tokens that a handshake gives out: as good as the one that let the caller in, for a shorter time.</summary>
internal sealed class SessionTokens(SignedText signed)
{
    private const string Subject = "handshake";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>The bearer token for the calls to come.</summary>
    /// <param name="context">The handshake, which was let in.</param>
    public string Make(RpcServerContext context)
    {
        // Where no token is needed, one that nobody checked must not open a gateway that needs one and shares the cluster's key.
        return context.Items.TryGetValue(typeof(GatewayCaller), out var caller) && caller is GatewayCaller { HasToken: true }
            ? signed.Make(SignedText.TokenKind, Subject, Lifetime).Text
            : "none-needed";
    }
}
