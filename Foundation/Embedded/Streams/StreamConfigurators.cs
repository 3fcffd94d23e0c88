using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;

namespace Orleans.Hosting;

/// <summary>Sets the options of a named service.</summary>
public interface INamedServiceConfigurator
{
    /// <summary>The service's name, which is the name of its options.</summary>
    string Name { get; }

    /// <summary>Runs a delegate with the services of the host.</summary>
    Action<Action<IServiceCollection>> ConfigureDelegate { get; }
}

/// <summary>Sets the options of a stream provider.</summary>
public interface IPersistentStreamConfigurator : INamedServiceConfigurator
{
}

/// <summary>Sets the options of a stream provider in a silo.</summary>
public interface ISiloPersistentStreamConfigurator : IPersistentStreamConfigurator
{
}

/// <summary>Sets the options of a stream provider in a silo whose subscribers may start at earlier events.</summary>
public interface ISiloRecoverableStreamConfigurator : ISiloPersistentStreamConfigurator
{
}

/// <summary>Sets the options of a stream provider in a client.</summary>
public interface IClusterClientPersistentStreamConfigurator : IPersistentStreamConfigurator
{
}

/// <summary>Sets the options of memory streams.</summary>
public interface IMemoryStreamConfigurator : INamedServiceConfigurator
{
}

/// <summary>Sets the options of memory streams in a silo.</summary>
public interface ISiloMemoryStreamConfigurator : IMemoryStreamConfigurator, ISiloRecoverableStreamConfigurator
{
}

/// <summary>Sets the options of memory streams in a client.</summary>
public interface IClusterClientMemoryStreamConfigurator : IMemoryStreamConfigurator, IClusterClientPersistentStreamConfigurator
{
}

/// <summary>Options of named services.</summary>
public static class NamedServiceConfiguratorExtensions
{
    /// <summary>Sets options of the service.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="configurator">The service.</param>
    /// <param name="configureOptions">Sets them; null leaves the defaults.</param>
    public static void Configure<TOptions>(this INamedServiceConfigurator configurator, Action<OptionsBuilder<TOptions>>? configureOptions)
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(configurator);
        configurator.ConfigureDelegate(services => configureOptions?.Invoke(services.AddOptions<TOptions>(configurator.Name)));
    }
}

/// <summary>Options of every stream provider.</summary>
public static class PersistentStreamConfiguratorExtensions
{
    /// <summary>Sets which kinds of subscriptions the streams have; the same in silos and clients.</summary>
    /// <param name="configurator">The provider.</param>
    /// <param name="pubsubType">The kinds.</param>
    public static void ConfigureStreamPubSub(
        this IPersistentStreamConfigurator configurator, StreamPubSubType pubsubType = StreamPubSubOptions.DEFAULT_STREAM_PUBSUB_TYPE) =>
        configurator.Configure<StreamPubSubOptions>(options => options.Configure(value => value.PubSubType = pubsubType));
}

/// <summary>Options of stream providers in silos.</summary>
public static class SiloPersistentStreamConfiguratorExtensions
{
    /// <summary>Sets how events are delivered.</summary>
    /// <param name="configurator">The provider.</param>
    /// <param name="configureOptions">Sets the options.</param>
    public static void ConfigurePullingAgent(
        this ISiloPersistentStreamConfigurator configurator, Action<OptionsBuilder<StreamPullingAgentOptions>>? configureOptions = null) =>
        configurator.Configure(configureOptions);
}

/// <summary>Options of memory streams.</summary>
public static class MemoryStreamConfiguratorExtensions
{
    /// <summary>Sets the number of queues; here each stream is a queue of its own, and the number has no effect.</summary>
    /// <param name="configurator">The provider.</param>
    /// <param name="numOfQueues">The number.</param>
    public static void ConfigurePartitioning(
        this IMemoryStreamConfigurator configurator, int numOfQueues = HashRingStreamQueueMapperOptions.DEFAULT_NUM_QUEUES) =>
        configurator.Configure<HashRingStreamQueueMapperOptions>(options => options.Configure(value => value.TotalQueueCount = numOfQueues));
}

internal abstract class StreamConfigurator(string name, IServiceCollection services) : INamedServiceConfigurator
{
    public string Name { get; } = name;

    public Action<Action<IServiceCollection>> ConfigureDelegate { get; } = configure => configure(services);
}
