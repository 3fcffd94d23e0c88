using System.Net;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Where the gateway listens; known once its listeners are up.</summary>
internal sealed class GatewayAddress
{
    private volatile string? _flightLocation;

    /// <summary>The gateway as a Flight location; null while it is not known or has no single address.</summary>
    public string? FlightLocation => _flightLocation;

    /// <summary>Tells where the HTTP/2 listener ended up.</summary>
    /// <param name="url">Address as the server names it, for example <c>http://127.0.0.1:8420</c>.</param>
    public void Set(Uri url)
    {
        // A wildcard address says where we listen, not where we can be reached.
        _flightLocation = IsWildcard(url) ? null : $"grpc+{(url.Scheme == Uri.UriSchemeHttps ? "tls" : "tcp")}://{url.Authority}";
    }

    /// <summary>An address at which this machine reaches a listener.</summary>
    public static string ReachableHere(Uri url) =>
        IsWildcard(url) ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri.GetLeftPart(UriPartial.Authority) : url.GetLeftPart(UriPartial.Authority);

    private static bool IsWildcard(Uri url) =>
        IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
