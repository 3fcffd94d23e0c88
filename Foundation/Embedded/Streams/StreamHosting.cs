using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;
using Orleans.Streams.Filtering;

namespace Orleans.Hosting;

/// <summary>Registers memory streams in a silo.</summary>
public static class SiloBuilderMemoryStreamExtensions
{
    /// <summary>
    /// Registers streams whose events are kept in the memory of a silo until they are delivered. Subscriptions are kept in the grain storage
    /// <c>PubSubStore</c>, or in the default one.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="configure">Sets the provider's options; null leaves the defaults.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddMemoryStreams(this ISiloBuilder builder, string name, Action<ISiloMemoryStreamConfigurator>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        StreamServices.Add(builder.Services, name);
        configure?.Invoke(new SiloMemoryStreamConfigurator(name, builder.Services));
        return builder;
    }

    private sealed class SiloMemoryStreamConfigurator(string name, IServiceCollection services)
        : StreamConfigurator(name, services), ISiloMemoryStreamConfigurator;
}

/// <summary>Registers streams in a client.</summary>
public static class ClientBuilderStreamingExtensions
{
    /// <summary>Registers memory streams, by the name they have in the silos.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="configure">Sets the provider's options, which must be those of the silos; null leaves the defaults.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddMemoryStreams(
        this IClientBuilder builder, string name, Action<IClusterClientMemoryStreamConfigurator>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        StreamServices.Add(builder.Services, name);
        configure?.Invoke(new ClientMemoryStreamConfigurator(name, builder.Services));
        return builder;
    }

    /// <summary>Adds streaming; adding a provider does it too.</summary>
    /// <param name="builder">The client.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder AddStreaming(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        StreamServices.AddShared(builder.Services);
        return builder;
    }

    private sealed class ClientMemoryStreamConfigurator(string name, IServiceCollection services)
        : StreamConfigurator(name, services), IClusterClientMemoryStreamConfigurator;
}

/// <summary>Streaming in a silo, whatever the provider.</summary>
public static class SiloBuilderStreamingExtensions
{
    /// <summary>Adds streaming; adding a provider does it too.</summary>
    /// <param name="builder">The silo.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddStreaming(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        StreamServices.AddShared(builder.Services);
        return builder;
    }

    /// <summary>Adds the filter of a provider; it decides which events reach which subscription.</summary>
    /// <typeparam name="T">The filter; made once in each silo.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddStreamFilter<T>(this ISiloBuilder builder, string name)
        where T : class, IStreamFilter
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddKeyedSingleton<IStreamFilter, T>(name);
        return builder;
    }
}
