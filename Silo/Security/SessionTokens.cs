using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Security;

/// <summary>Tokens that a handshake gives out: as good as the one that let the caller in, for a shorter time.</summary>
internal sealed class SessionTokens(SignedText signed)
{
    // Of a caller whose name does not fit into a token.
    private const string Subject = "handshake";

    private const int NameCharsMax = 256;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>The bearer token for the calls to come.</summary>
    /// <param name="context">The handshake, which was let in.</param>
    public string Make(RpcServerContext context)
    {
        // Where no token is needed, one that nobody checked must not open a gateway that needs one and shares the cluster's key.
        return context.Items.TryGetValue(typeof(GatewayCaller), out var caller) && caller is GatewayCaller { HasToken: true }
            ? signed.Make(SignedText.TokenKind, NameOf(context), Lifetime).Text
            : "none-needed";
    }

    /// <summary>The name that the token goes on with, so that handlers see the same caller as before.</summary>
    private static string NameOf(RpcServerContext context) =>
        context.Caller.Name is { Length: > 0 and <= NameCharsMax } name && !name.Contains('|', StringComparison.Ordinal) ? name : Subject;
}
