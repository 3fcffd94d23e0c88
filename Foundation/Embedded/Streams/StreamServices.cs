using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <summary>Registers and finds what streams need in a silo or client.</summary>
internal static class StreamServices
{
    public static void Add(IServiceCollection services, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        services.AddKeyedSingleton<IStreamProvider>(name, (provider, key) => new MemoryStreamProvider((string)key!, provider));
        AddShared(services);
    }

    /// <summary>What all providers need, once.</summary>
    public static void AddShared(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(ClientStreamConsumer)))
        {
            return;
        }

        services.AddKeyedTransient<IGrainExtension, StreamConsumer>(typeof(IStreamConsumer));
        services.AddTransient<StreamConsumer>();
        services.AddSingleton<ClientStreamConsumer>();
    }

    public static IStreamProvider ProviderOf(IServiceProvider services, string name) => services.GetKeyedService<IStreamProvider>(name)
        ?? throw new KeyNotFoundException($"There is no stream provider '{name}'; register it with AddMemoryStreams(\"{name}\").");
}

/// <summary>Takes the events of subscriptions that a client, or a silo outside of grains, has made.</summary>
internal sealed class ClientStreamConsumer
{
    // The list of callable objects holds its targets weakly.
    private readonly StreamConsumer _consumer;

    public ClientStreamConsumer(CallClient client, IServiceProvider services, ILogger<StreamConsumer> logger)
    {
        _consumer = new StreamConsumer(services, logger);
        Id = client.Objects.AddAs("streams", _consumer);
    }

    public GrainId Id { get; }

    public StreamConsumer Consumer => _consumer;
}
