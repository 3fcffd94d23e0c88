using Orleans.Serialization;
using Orleans.Streams;
using OrleansFlow.Streaming.Connectors.Streams;

namespace OrleansFlow.Silo.EventStreams;

/// <summary>A kind of events of streams, as tables name it by their option <c>event</c>.</summary>
/// <param name="name">Its name.</param>
public abstract class OrleansStreamEvents(string name)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Subscribes to a stream of such events.</summary>
    internal abstract Task<IEventSubscription> SubscribeAsync(IStreamProvider provider, StreamId streamId, ReadOnlyMemory<byte> behind, IEventReceiver receiver, Serializer serializer);

    /// <summary>Publishes records as such events.</summary>
    internal abstract Task PublishAsync(IStreamProvider provider, StreamId streamId, IReadOnlyList<ReadOnlyMemory<byte>> records);
}

/// <summary>Events of a type, as records of a format.</summary>
/// <typeparam name="T">What streams hold.</typeparam>
/// <param name="name">The name of the kind.</param>
/// <param name="write">An event as a record.</param>
/// <param name="read">A record as an event.</param>
internal sealed class OrleansStreamEvents<T>(string name, Func<T, ReadOnlyMemory<byte>> write, Func<ReadOnlyMemory<byte>, T> read) : OrleansStreamEvents(name)
{
    internal override async Task<IEventSubscription> SubscribeAsync(IStreamProvider provider, StreamId streamId, ReadOnlyMemory<byte> behind, IEventReceiver receiver, Serializer serializer)
    {
        var stream = provider.GetStream<T>(streamId);
        var from = provider.IsRewindable && !behind.IsEmpty ? serializer.Deserialize<StreamSequenceToken>(behind) : null;
        var observer = new OrleansObserver<T>(receiver, write, from);
        var handle = from is null ? await stream.SubscribeAsync(observer) : await stream.SubscribeAsync(observer, from);
        return new Subscription(handle, provider.IsRewindable, serializer);
    }

    internal override Task PublishAsync(IStreamProvider provider, StreamId streamId, IReadOnlyList<ReadOnlyMemory<byte>> records) =>
        provider.GetStream<T>(streamId).OnNextBatchAsync(records.Select(read).ToList());

    private sealed class Subscription(StreamSubscriptionHandle<T> handle, bool isRewindable, Serializer serializer) : IEventSubscription
    {
        public bool IsRewindable => isRewindable;

        public ReadOnlyMemory<byte> PositionOf(object token) => serializer.SerializeToArray((StreamSequenceToken)token);

        public ValueTask DisposeAsync() => new(handle.UnsubscribeAsync());
    }
}
