using System.Net;

namespace Orleans.Configuration;

/// <summary>The addresses of a silo. The embedded runtime opens none of them; they only name the silo.</summary>
public class EndpointOptions
{
    /// <summary>The IP address.</summary>
    /// <value>Default: loopback.</value>
    public IPAddress AdvertisedIPAddress { get; set; } = IPAddress.Loopback;

    /// <summary>The port in the silo's address.</summary>
    /// <value>Default 11111.</value>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port in the gateway's address.</summary>
    /// <value>Default 30000.</value>
    public int GatewayPort { get; set; } = 30000;
}
