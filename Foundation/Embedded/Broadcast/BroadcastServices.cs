using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.BroadcastChannel;
using Orleans.Concurrency;

namespace Orleans.Embedded;

/// <summary>Registers and finds broadcast channels.</summary>
internal static class BroadcastServices
{
    public static void Add(IServiceCollection services, string name, Action<OptionsBuilder<BroadcastChannelOptions>>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        configure?.Invoke(services.AddOptions<BroadcastChannelOptions>(name));
        services.AddKeyedSingleton<IBroadcastChannelProvider>(name, static (provider, key) => new BroadcastChannelProvider((string)key!, provider));
        if (!services.Any(static service => Equals(service.ServiceKey, typeof(IBroadcastConsumer))))
        {
            services.AddKeyedTransient<IGrainExtension, BroadcastConsumer>(typeof(IBroadcastConsumer));
        }
    }

    public static IBroadcastChannelProvider ProviderOf(IServiceProvider services, string name) =>
        services.GetKeyedService<IBroadcastChannelProvider>(name)
        ?? throw new KeyNotFoundException($"There is no broadcast channel provider '{name}'; register it with AddBroadcastChannel(\"{name}\").");
}

/// <summary>Takes the items of channels for one grain.</summary>
internal interface IBroadcastConsumer : IGrainExtension
{
    /// <summary>Takes an item; ends when the grain has dealt with it.</summary>
    Task TakeAsync(string provider, ChannelId channel, object? item);

    /// <summary>The same, for a publisher that does not wait.</summary>
    [OneWay]
    Task TakeOneWayAsync(string provider, ChannelId channel, object? item);
}

internal sealed class BroadcastChannelProvider(string name, IServiceProvider services) : IBroadcastChannelProvider
{
    private readonly BroadcastChannelOptions _options = services.GetRequiredService<IOptionsMonitor<BroadcastChannelOptions>>().Get(name);

    public IBroadcastChannelWriter<T> GetChannelWriter<T>(ChannelId streamId) => new Writer<T>(this, streamId);

    private Task PublishAsync(ChannelId channel, object? item)
    {
        var factory = GrainExecution.Current?.Silo.GrainFactory ?? services.GetRequiredService<IGrainFactory>();
        var ns = channel.GetNamespace() ?? "";
        var deliveries = GrainManifest.Current
            .ImplicitSubscribers<ImplicitChannelSubscriptionAttribute>(attribute => attribute.Predicate.IsMatch(ns), channel.GetKeyAsString())
            .Select(factory.GetGrain<IBroadcastConsumer>)
            .Select(consumer => _options.FireAndForgetDelivery
                ? consumer.TakeOneWayAsync(name, channel, item)
                : consumer.TakeAsync(name, channel, item));
        return AllAsync([.. deliveries]);
    }

    // One after the other, for a simulation to decide the order in which they end.
    private static async Task AllAsync(List<Task> deliveries)
    {
        List<Exception>? failures = null;
        foreach (var delivery in deliveries)
        {
            try
            {
                await delivery;
            }
            catch (Exception exception)
            {
                (failures ??= []).Add(exception);
            }
        }

        if (failures is not null)
        {
            throw failures is [var only] ? only : new AggregateException(failures);
        }
    }

    private sealed class Writer<T>(BroadcastChannelProvider provider, ChannelId channel) : IBroadcastChannelWriter<T>
    {
        public Task Publish(T item) => provider.PublishAsync(channel, item);
    }
}

/// <summary>Hands the items of channels to what the grain attached in this activation.</summary>
internal sealed partial class BroadcastConsumer(IGrainContext context, ILogger<BroadcastConsumer> logger) : IBroadcastConsumer
{
    private readonly Dictionary<(string Provider, ChannelId Channel), Func<object?, Task>> _handlers = [];

    public async Task TakeAsync(string provider, ChannelId channel, object? item)
    {
        if (!_handlers.TryGetValue((provider, channel), out var handler))
        {
            if (context.GrainInstance is IOnBroadcastChannelSubscribed grain)
            {
                await grain.OnSubscribed(new Subscription(this, provider, channel));
            }

            if (!_handlers.TryGetValue((provider, channel), out handler))
            {
                LogDropped(logger, channel, provider, context.GrainId);
                return;
            }
        }

        await handler(item);
    }

    public Task TakeOneWayAsync(string provider, ChannelId channel, object? item) => TakeAsync(provider, channel, item);

    [LoggerMessage(
        EventId = 6154,
        Level = LogLevel.Warning,
        Message = "An item of channel {ChannelId} of '{Provider}' is dropped: grain {GrainId} attached nothing in IOnBroadcastChannelSubscribed")]
    private static partial void LogDropped(ILogger logger, ChannelId channelId, string provider, GrainId grainId);

    private sealed class Subscription(BroadcastConsumer consumer, string provider, ChannelId channel) : IBroadcastChannelSubscription
    {
        public ChannelId ChannelId => channel;

        public string ProviderName => provider;

        public Task Attach<T>(Func<T, Task> onPublished, Func<Exception, Task>? onError = null)
        {
            ArgumentNullException.ThrowIfNull(onPublished);
            consumer._handlers[(provider, channel)] = item => item switch
            {
                T typed => onPublished(typed),
                null when default(T) is null => onPublished(default!),
                _ when onError is not null => onError(Mismatch(item)),
                _ => Task.FromException(Mismatch(item)),
            };
            return Task.CompletedTask;

            InvalidCastException Mismatch(object? item) =>
                new($"Channel '{channel}' brought an item of type '{item?.GetType().FullName ?? "null"}' where '{typeof(T)}' was attached.");
        }
    }
}
