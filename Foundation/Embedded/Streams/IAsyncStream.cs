namespace Orleans.Streams;

/// <summary>Takes the events of a stream one by one.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncObserver<in T>
{
    /// <summary>Takes an event. For a producer the task ends when the event is queued, for a consumer when it is dealt with.</summary>
    /// <param name="item">The event.</param>
    /// <param name="token">Its place in the stream; producers pass none.</param>
    /// <returns>A task; when a consumer's fails, the event is delivered again.</returns>
    Task OnNextAsync(T item, StreamSequenceToken? token = null);

    /// <summary>No further event comes from the producer.</summary>
    /// <returns>A task.</returns>
    Task OnCompletedAsync();

    /// <summary>The producer has failed, or an event could not be delivered.</summary>
    /// <param name="ex">The failure.</param>
    /// <returns>A task.</returns>
    Task OnErrorAsync(Exception ex);
}

/// <summary>Takes the events of a stream in batches.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncBatchObserver<T>
{
    /// <summary>Takes events.</summary>
    /// <param name="items">The events, in order.</param>
    /// <returns>A task; when it fails, the batch is delivered again.</returns>
    Task OnNextAsync(IList<SequentialItem<T>> items);

    /// <summary>No further event comes from the producer.</summary>
    /// <returns>A task.</returns>
    Task OnCompletedAsync();

    /// <summary>The producer has failed, or an event could not be delivered.</summary>
    /// <param name="ex">The failure.</param>
    /// <returns>A task.</returns>
    Task OnErrorAsync(Exception ex);
}

/// <summary>Takes the events of a producer in batches.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncBatchProducer<in T> : IAsyncObserver<T>
{
    /// <summary>Takes events, which stay together.</summary>
    /// <param name="batch">The events, in order.</param>
    /// <param name="token">Not used by memory streams.</param>
    /// <returns>A task that ends when they are queued.</returns>
    Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null);
}

/// <summary>Something to subscribe to.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncObservable<T>
{
    /// <summary>Subscribes from now on.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <returns>The subscription; it lasts until it is ended, whatever becomes of the subscriber.</returns>
    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer);

    /// <summary>Subscribes from a given place on.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <param name="token">The first event wanted; null takes those from now on.</param>
    /// <param name="filterData">Handed to the provider's <see cref="Filtering.IStreamFilter"/> with each event.</param>
    /// <returns>The subscription; it lasts until it is ended, whatever becomes of the subscriber.</returns>
    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null);
}

/// <summary>Something to subscribe to in batches.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncBatchObservable<T>
{
    /// <summary>Subscribes from now on.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <returns>The subscription; it lasts until it is ended, whatever becomes of the subscriber.</returns>
    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer);

    /// <summary>Subscribes from a given place on.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <param name="token">The first event wanted; null takes those from now on.</param>
    /// <returns>The subscription; it lasts until it is ended, whatever becomes of the subscriber.</returns>
    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token);
}

/// <summary>A stream, whatever its events are.</summary>
public interface IAsyncStream
{
    /// <summary>Whether subscribers may start at an earlier event.</summary>
    bool IsRewindable { get; }

    /// <summary>The name of its provider.</summary>
    string ProviderName { get; }

    /// <summary>Its id.</summary>
    StreamId StreamId { get; }
}

/// <summary>A stream: producers push events into it, consumers subscribe to it. It always exists.</summary>
/// <typeparam name="T">The event.</typeparam>
public interface IAsyncStream<T>
    : IAsyncStream, IEquatable<IAsyncStream<T>>, IComparable<IAsyncStream<T>>, IAsyncObservable<T>, IAsyncBatchObservable<T>, IAsyncBatchProducer<T>
{
    /// <summary>The subscriptions of the grain or client that asks.</summary>
    /// <returns>Their handles; resume them to take events again after an activation.</returns>
    Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles();
}

/// <summary>A subscription. It may be stored, and used in a later activation of the same grain.</summary>
/// <typeparam name="T">The event.</typeparam>
[GenerateSerializer]
public abstract class StreamSubscriptionHandle<T> : IEquatable<StreamSubscriptionHandle<T>>
{
    /// <summary>The stream.</summary>
    public abstract StreamId StreamId { get; }

    /// <summary>The name of the stream's provider.</summary>
    public abstract string ProviderName { get; }

    /// <summary>The id of the subscription.</summary>
    public abstract Guid HandleId { get; }

    /// <summary>Ends the subscription.</summary>
    /// <returns>A task that ends when no further event is delivered.</returns>
    public abstract Task UnsubscribeAsync();

    /// <summary>Takes events with another observer, as after an activation.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <param name="token">The first event wanted; null goes on where delivery is.</param>
    /// <returns>The handle to use from now on.</returns>
    public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null);

    /// <summary>Takes events in batches with another observer, as after an activation.</summary>
    /// <param name="observer">Takes the events.</param>
    /// <param name="token">The first event wanted; null goes on where delivery is.</param>
    /// <returns>The handle to use from now on.</returns>
    public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null);

    /// <inheritdoc/>
    public abstract bool Equals(StreamSubscriptionHandle<T>? other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => HandleId.GetHashCode();
}
