using Orleans.Embedded;
using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Puts the client of a silo in another process into a host.</summary>
public static class OrleansClientGenericHostExtensions
{
    /// <summary>Puts a client into the host. Several calls compose the same client.</summary>
    /// <param name="hostAppBuilder">The host.</param>
    /// <returns>The host.</returns>
    public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder) =>
        hostAppBuilder.UseOrleansClient(static _ => { });

    /// <summary>Puts a client into the host. Several calls compose the same client.</summary>
    /// <param name="hostAppBuilder">The host.</param>
    /// <param name="configureDelegate">Composes the client.</param>
    /// <returns>The host.</returns>
    public static IHostApplicationBuilder UseOrleansClient(
        this IHostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostAppBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(ClientBuilder.For(hostAppBuilder.Services, hostAppBuilder.Configuration));
        return hostAppBuilder;
    }

    /// <summary>Puts a client of a cluster into the host.</summary>
    /// <param name="hostAppBuilder">The host.</param>
    /// <param name="configureDelegate">Composes the client.</param>
    /// <returns>The host.</returns>
    public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
    {
        ((IHostApplicationBuilder)hostAppBuilder).UseOrleansClient(configureDelegate);
        return hostAppBuilder;
    }

    /// <summary>Puts a client into the host. Several calls compose the same client.</summary>
    /// <param name="hostBuilder">The host.</param>
    /// <returns>The host.</returns>
    public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder) => hostBuilder.UseOrleansClient(static (_, _) => { });

    /// <summary>Puts a client into the host. Several calls compose the same client.</summary>
    /// <param name="hostBuilder">The host.</param>
    /// <param name="configureDelegate">Composes the client.</param>
    /// <returns>The host.</returns>
    public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        return hostBuilder.UseOrleansClient((_, client) => configureDelegate(client));
    }

    /// <summary>Puts a client into the host. Several calls compose the same client.</summary>
    /// <param name="hostBuilder">The host.</param>
    /// <param name="configureDelegate">Composes the client.</param>
    /// <returns>The host.</returns>
    public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<HostBuilderContext, IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        return hostBuilder.ConfigureServices((context, services) =>
            configureDelegate(context, ClientBuilder.For(services, context.Configuration)));
    }
}
