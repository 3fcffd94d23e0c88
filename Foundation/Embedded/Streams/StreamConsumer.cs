using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Embedded;

/// <summary>Hands events to an observer.</summary>
internal interface IStreamSink
{
    Task TakeAsync(StreamDelivery delivery);
}

/// <summary>Takes the events of one grain's or client's subscriptions and hands them to the observers of this activation.</summary>
internal sealed partial class StreamConsumer(IServiceProvider services, ILogger<StreamConsumer> logger) : IStreamConsumer
{
    private readonly Dictionary<Guid, IStreamSink> _sinks = [];
    private readonly Lock _gate = new();
    private long _lastSubscription;

    /// <summary>An id for a new subscription: unique, and the same in a repeated simulation.</summary>
    public Guid NewId(string owner) => StreamKeys.IdOf($"{owner}|{Interlocked.Increment(ref _lastSubscription)}");

    public void SetSink(Guid subscriptionId, IStreamSink sink)
    {
        lock (_gate)
        {
            _sinks[subscriptionId] = sink;
        }
    }

    public void RemoveSink(Guid subscriptionId)
    {
        lock (_gate)
        {
            _sinks.Remove(subscriptionId);
        }
    }

    public async Task DeliverAsync(StreamDelivery delivery)
    {
        if (SinkOf(delivery.SubscriptionId) is not { } sink)
        {
            if (GrainExecution.Current?.GrainInstance is IStreamSubscriptionObserver observer)
            {
                await observer.OnSubscribed(new HandleFactory(services, delivery));
            }

            if (SinkOf(delivery.SubscriptionId) is not { } attached)
            {
                LogDropped(logger, delivery.StreamId, delivery.Provider, delivery.SubscriptionId);
                return;
            }

            sink = attached;
        }

        await sink.TakeAsync(delivery);
    }

    private IStreamSink? SinkOf(Guid subscriptionId)
    {
        lock (_gate)
        {
            return _sinks.GetValueOrDefault(subscriptionId);
        }
    }

    [LoggerMessage(
        EventId = 6151,
        Level = LogLevel.Warning,
        Message = "Events of stream {StreamId} of '{Provider}' are dropped: subscription {SubscriptionId} was not resumed after the activation")]
    private static partial void LogDropped(ILogger logger, StreamId streamId, string provider, Guid subscriptionId);

    private sealed class HandleFactory(IServiceProvider services, StreamDelivery delivery) : IStreamSubscriptionHandleFactory
    {
        public StreamId StreamId => delivery.StreamId;

        public string ProviderName => delivery.Provider;

        public StreamSubscriptionHandle<T> Create<T>() => new MemorySubscriptionHandle<T>(
            (MemoryStream<T>)StreamServices.ProviderOf(services, delivery.Provider).GetStream<T>(delivery.StreamId), delivery.SubscriptionId);
    }
}

/// <summary>Hands events one by one.</summary>
internal sealed class ItemSink<T>(IAsyncObserver<T> observer) : IStreamSink
{
    public async Task TakeAsync(StreamDelivery delivery)
    {
        switch (delivery.Kind)
        {
            case StreamEntryKind.Completed:
                await observer.OnCompletedAsync();
                break;
            case StreamEntryKind.Error:
                await observer.OnErrorAsync((Exception)delivery.Items[0]!);
                break;
            default:
                for (var index = 0; index < delivery.Items.Length; index++)
                {
                    await observer.OnNextAsync((T)delivery.Items[index]!, new EventSequenceToken(delivery.SequenceNumber, delivery.FirstIndex + index));
                }

                break;
        }
    }
}

/// <summary>Hands events as they were batched.</summary>
internal sealed class BatchSink<T>(IAsyncBatchObserver<T> observer) : IStreamSink
{
    public Task TakeAsync(StreamDelivery delivery) => delivery.Kind switch
    {
        StreamEntryKind.Completed => observer.OnCompletedAsync(),
        StreamEntryKind.Error => observer.OnErrorAsync((Exception)delivery.Items[0]!),
        _ => observer.OnNextAsync([.. delivery.Items.Select((item, index) =>
            new SequentialItem<T>((T)item!, new EventSequenceToken(delivery.SequenceNumber, delivery.FirstIndex + index)))]),
    };
}
