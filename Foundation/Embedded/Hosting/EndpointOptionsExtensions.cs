using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>The addresses of a silo. The embedded runtime opens none of them; they only name the silo.</summary>
public static class EndpointOptionsExtensions
{
    /// <summary>Names the silo by an IP address and its ports.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="advertisedIP">The IP address.</param>
    /// <param name="siloPort">The port in the silo's address.</param>
    /// <param name="gatewayPort">The port in the gateway's address.</param>
    /// <param name="listenOnAnyHostAddress">Not used: nothing listens.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder ConfigureEndpoints(
        this ISiloBuilder builder, IPAddress advertisedIP, int siloPort, int gatewayPort, bool listenOnAnyHostAddress = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(advertisedIP);
        builder.Services.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = advertisedIP;
            options.SiloPort = siloPort;
            options.GatewayPort = gatewayPort;
        });
        return builder;
    }

    /// <summary>Names the silo by the loopback address and its ports.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="siloPort">The port in the silo's address.</param>
    /// <param name="gatewayPort">The port in the gateway's address.</param>
    /// <param name="addressFamily">The family of the address.</param>
    /// <param name="listenOnAnyHostAddress">Not used: nothing listens.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder ConfigureEndpoints(
        this ISiloBuilder builder,
        int siloPort,
        int gatewayPort,
        AddressFamily addressFamily = AddressFamily.InterNetwork,
        bool listenOnAnyHostAddress = false) => builder.ConfigureEndpoints(
            addressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, siloPort, gatewayPort, listenOnAnyHostAddress);
}
