using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>Settings of a client.</summary>
public static partial class ClientBuilderExtensions
{
    /// <summary>Adds services.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configureDelegate">Adds the services.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder ConfigureServices(this IClientBuilder builder, Action<IServiceCollection> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(builder.Services);
        return builder;
    }

    /// <summary>Sets options.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="builder">The client.</param>
    /// <param name="configureOptions">Sets them.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, Action<TOptions> configureOptions)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(configureOptions);
        return builder;
    }

    /// <summary>Sets options.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="builder">The client.</param>
    /// <param name="configureOptions">Sets them; null only registers them.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, Action<OptionsBuilder<TOptions>> configureOptions)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Services.AddOptions<TOptions>();
        configureOptions?.Invoke(options);
        return builder;
    }

    /// <summary>Decides whether a failed start of the client is tried again.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="connectionRetryFilter">Decides; waiting in it delays the next attempt.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseConnectionRetryFilter(
        this IClientBuilder builder, Func<Exception, CancellationToken, Task<bool>> connectionRetryFilter)
    {
        ArgumentNullException.ThrowIfNull(connectionRetryFilter);
        return builder.UseConnectionRetryFilter(new DelegateFilter(connectionRetryFilter));
    }

    /// <summary>Decides whether a failed start of the client is tried again.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="connectionRetryFilter">Decides.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseConnectionRetryFilter(this IClientBuilder builder, IClientConnectionRetryFilter connectionRetryFilter)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(connectionRetryFilter);
        return builder;
    }

    /// <summary>Decides whether a failed start of the client is tried again.</summary>
    /// <typeparam name="TConnectionRetryFilter">Decides.</typeparam>
    /// <param name="builder">The client.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseConnectionRetryFilter<TConnectionRetryFilter>(this IClientBuilder builder)
        where TConnectionRetryFilter : class, IClientConnectionRetryFilter
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IClientConnectionRetryFilter, TConnectionRetryFilter>();
        return builder;
    }

    /// <summary>Adds who is told that the connection to the cluster is lost.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="handler">Told; must not block.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddClusterConnectionLostHandler(this IClientBuilder builder, ConnectionToClusterLostHandler handler)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(handler);
        return builder;
    }

    /// <summary>Uses the gateway at a port of this machine.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="gatewayPort">The port of the gateway's gRPC listener.</param>
    /// <param name="serviceId">The service.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseLocalhostClustering(
        this IClientBuilder builder, int gatewayPort = 30000, string serviceId = "dev", string clusterId = "dev") =>
        builder.UseLocalhostClustering([gatewayPort], serviceId, clusterId);

    /// <summary>Uses gateways at ports of this machine.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="gatewayPorts">The ports of the gateways' gRPC listeners.</param>
    /// <param name="serviceId">The service.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseLocalhostClustering(
        this IClientBuilder builder, int[] gatewayPorts, string serviceId = "dev", string clusterId = "dev")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(gatewayPorts);
        builder.UseStaticClustering([.. gatewayPorts.Select(static port => new IPEndPoint(IPAddress.Loopback, port))]);
        builder.Services.Configure<ClusterOptions>(options =>
        {
            options.ServiceId = serviceId;
            options.ClusterId = clusterId;
        });
        return builder;
    }

    /// <summary>Uses these gateways, the first that can be reached.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="endpoints">The gRPC listeners of the gateways.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseStaticClustering(this IClientBuilder builder, params IPEndPoint[] endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return builder.UseStaticClustering((StaticGatewayListProviderOptions options) =>
            options.Gateways = [.. endpoints.Select(static endpoint => new Uri($"gwy.tcp://{endpoint}/0"))]);
    }

    /// <summary>Uses the gateways of the options, the first that can be reached.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configureOptions">Names the gateways.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseStaticClustering(this IClientBuilder builder, Action<StaticGatewayListProviderOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(configureOptions);
        return builder;
    }

    private sealed class DelegateFilter(Func<Exception, CancellationToken, Task<bool>> filter) : IClientConnectionRetryFilter
    {
        public Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken) => filter(exception, cancellationToken);
    }
}

/// <summary>Filters of a client's calls.</summary>
public static class ClientBuilderGrainCallFilterExtensions
{
    /// <summary>Adds an outgoing filter.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddOutgoingGrainCallFilter(this IClientBuilder builder, IOutgoingGrainCallFilter filter)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(filter);
        return builder;
    }

    /// <summary>Adds an outgoing filter.</summary>
    /// <typeparam name="TImplementation">The filter.</typeparam>
    /// <param name="builder">The client.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddOutgoingGrainCallFilter<TImplementation>(this IClientBuilder builder)
        where TImplementation : class, IOutgoingGrainCallFilter
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IOutgoingGrainCallFilter, TImplementation>();
        return builder;
    }

    /// <summary>Adds an outgoing filter.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddOutgoingGrainCallFilter(this IClientBuilder builder, OutgoingGrainCallFilterDelegate filter) =>
        builder.AddOutgoingGrainCallFilter(new OutgoingDelegate(filter));

    private sealed class OutgoingDelegate(OutgoingGrainCallFilterDelegate filter) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext context) => filter(context);
    }
}
