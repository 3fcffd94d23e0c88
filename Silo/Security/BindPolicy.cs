using System.Net;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Security;

/// <summary>Where a gateway may listen.</summary>
internal static class BindPolicy
{
    /// <summary>Refuses to listen beyond loopback without TLS and a token, unless that was asked for in so many words.</summary>
    /// <returns>True when it is allowed only because of <paramref name="insecure"/>: worth a warning.</returns>
    /// <exception cref="FlowException"><c>bind_refused</c>.</exception>
    public static bool Check(IPAddress address, bool hasTls, bool hasToken, bool insecure)
    {
        if (IPAddress.IsLoopback(address) || (hasTls && hasToken))
        {
            return false;
        }

        var missing = (hasTls, hasToken) switch
        {
            (false, false) => "TLS and a token",
            (false, true) => "TLS",
            _ => "a token",
        };
        return insecure
            ? true
            : throw new FlowException(
                FlowErrorCode.BindRefused,
                $"Refused to listen on {address}, which other machines reach, without {missing}: anybody there could run work here. "
                + "Give --tls-cert and --token, listen on 127.0.0.1, or say --insecure.");
    }
}
