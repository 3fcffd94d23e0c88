using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <summary>Streams whose events are kept in the memory of a silo.</summary>
internal sealed class MemoryStreamProvider(string name, IServiceProvider services) : IStreamProvider
{
    /// <summary>Which kinds of subscriptions its streams have.</summary>
    public StreamPubSubType PubSub { get; } = services.GetRequiredService<IOptionsMonitor<StreamPubSubOptions>>().Get(name).PubSubType;

    public string Name => name;

    public bool IsRewindable => true;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new MemoryStream<T>(name, streamId, this);

    public IStreamAgent AgentOf(StreamId streamId) => (GrainExecution.Current?.Silo.GrainFactory ?? services.GetRequiredService<IGrainFactory>())
        .GetGrain<IStreamAgent>(StreamKeys.Format(name, streamId));

    /// <summary>Who takes events for the code that runs now: the activation whose turn it is, or the client.</summary>
    public (StreamConsumer Consumer, GrainId Id, string Owner) Consumer()
    {
        if (GrainExecution.Current is { } activation)
        {
            var (consumer, _) = ((IGrainExtensionBinder)activation).GetOrSetExtension<StreamConsumer, IStreamConsumer>(
                activation.Silo.Services.GetRequiredService<StreamConsumer>);
            return (consumer, activation.GrainId, $"{activation.GrainId}|{activation.ActivationId}");
        }

        var client = services.GetRequiredService<ClientStreamConsumer>();
        return (client.Consumer, client.Id, client.Id.ToString());
    }
}

/// <summary>A memory stream.</summary>
[GenerateSerializer]
internal sealed class MemoryStream<T> : IAsyncStream<T>
{
    // Not part of what is sent or stored: found again where it is used.
    [NonSerialized]
    private MemoryStreamProvider? _provider;

    public MemoryStream(string providerName, StreamId streamId, MemoryStreamProvider? provider)
    {
        ProviderName = providerName;
        StreamId = streamId;
        _provider = provider;
    }

    private MemoryStream()
    {
    }

    public bool IsRewindable => true;

    [Id(0)]
    public string ProviderName { get; private set; } = "";

    [Id(1)]
    public StreamId StreamId { get; private set; }

    internal MemoryStreamProvider Provider => _provider ??= GrainExecution.Current is { } activation
        ? (MemoryStreamProvider)StreamServices.ProviderOf(activation.Silo.Services, ProviderName)
        : throw new InvalidOperationException($"A copy of stream '{StreamId}' can be used in grains only; elsewhere get it from the provider.");

    private IStreamAgent Agent => Provider.AgentOf(StreamId);

    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => Agent.PublishAsync(StreamEntryKind.Items, [item]);

    public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        object?[] items = [.. batch.Cast<object?>()];
        return items.Length == 0 ? Task.CompletedTask : Agent.PublishAsync(StreamEntryKind.Items, items);
    }

    public Task OnCompletedAsync() => Agent.PublishAsync(StreamEntryKind.Completed, []);

    public Task OnErrorAsync(Exception ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return Agent.PublishAsync(StreamEntryKind.Error, [ex]);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => SubscribeAsync(observer, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return SubscribeAsync(new ItemSink<T>(observer), token, filterData);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) => SubscribeAsync(observer, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return SubscribeAsync(new BatchSink<T>(observer), token, filterData: null);
    }

    public async Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
    {
        var ids = await Agent.GetSubscriptionsAsync(Provider.Consumer().Id);
        return [.. ids.Select(id => new MemorySubscriptionHandle<T>(this, id))];
    }

    public bool Equals(IAsyncStream<T>? other) => other is not null && other.StreamId == StreamId && other.ProviderName == ProviderName;

    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<T>);

    public override int GetHashCode() => StreamId.GetHashCode();

    public int CompareTo(IAsyncStream<T>? other) => other is null ? 1 : StreamId.CompareTo(other.StreamId);

    public override string ToString() => $"{ProviderName}/{StreamId}";

    private async Task<StreamSubscriptionHandle<T>> SubscribeAsync(IStreamSink sink, StreamSequenceToken? token, string? filterData)
    {
        var (consumer, consumerId, owner) = Provider.Consumer();
        if (StreamKeys.ImplicitSubscribers(Provider.PubSub, StreamId).Contains(consumerId))
        {
            // Its class has subscribed it already; this names the observer.
            var own = new MemorySubscriptionHandle<T>(this, StreamKeys.ImplicitIdOf(consumerId, ProviderName, StreamId));
            return await own.ResumeAsync(sink, token);
        }

        if (Provider.PubSub == StreamPubSubType.ImplicitOnly)
        {
            throw new InvalidOperationException(
                $"'{consumerId}' cannot subscribe to stream '{this}': its provider is configured for implicit subscriptions only.");
        }

        var id = consumer.NewId($"{owner}|{this}");

        // Before the agent knows: the first event may be here before its answer is.
        consumer.SetSink(id, sink);
        try
        {
            await Agent.SubscribeAsync(id, consumerId, token?.SequenceNumber, token?.EventIndex ?? 0, filterData);
        }
        catch
        {
            consumer.RemoveSink(id);
            throw;
        }

        return new MemorySubscriptionHandle<T>(this, id);
    }
}

/// <summary>A subscription to a memory stream.</summary>
[GenerateSerializer]
internal sealed class MemorySubscriptionHandle<T> : StreamSubscriptionHandle<T>
{
    [Id(0)]
    private MemoryStream<T> _stream;

    [Id(1)]
    private Guid _id;

    public MemorySubscriptionHandle(MemoryStream<T> stream, Guid id)
    {
        _stream = stream;
        _id = id;
    }

    private MemorySubscriptionHandle() => _stream = null!;

    public override StreamId StreamId => _stream.StreamId;

    public override string ProviderName => _stream.ProviderName;

    public override Guid HandleId => _id;

    public override async Task UnsubscribeAsync()
    {
        var (consumer, _, _) = _stream.Provider.Consumer();
        await _stream.Provider.AgentOf(StreamId).UnsubscribeAsync(_id);
        consumer.RemoveSink(_id);
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return ResumeAsync(new ItemSink<T>(observer), token);
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return ResumeAsync(new BatchSink<T>(observer), token);
    }

    public override bool Equals(StreamSubscriptionHandle<T>? other) =>
        other is not null && other.HandleId == _id && other.StreamId == StreamId && other.ProviderName == ProviderName;

    internal async Task<StreamSubscriptionHandle<T>> ResumeAsync(IStreamSink sink, StreamSequenceToken? token)
    {
        _stream.Provider.Consumer().Consumer.SetSink(_id, sink);
        if (token is not null)
        {
            await _stream.Provider.AgentOf(StreamId).RewindAsync(_id, token.SequenceNumber, token.EventIndex);
        }

        return new MemorySubscriptionHandle<T>(_stream, _id);
    }
}
