namespace OrleansFlow.Streaming.Connectors.Streams;

/// <summary>
/// The streams of a grain runtime as jobs see them: events are records of bytes, and places in a stream are bytes that only the runtime understands. A host that has stream
/// providers (a silo, or a client of one) gives its worker one; see <c>UseOrleansStreams</c>.
/// </summary>
public interface IEventStreams
{
    /// <summary>Subscribes to a stream. Events come until the subscription is disposed.</summary>
    /// <param name="stream">Which one.</param>
    /// <param name="behind">The place of the last event that is not wanted, of <see cref="IEventSubscription.PositionOf"/>; empty: those from now on.</param>
    /// <param name="receiver">Takes the events, in their order and one at a time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException">There is no such provider or kind of event here (<see cref="Errors.FlowErrorCode.BadOption"/>).</exception>
    Task<IEventSubscription> SubscribeAsync(EventStreamName stream, ReadOnlyMemory<byte> behind, IEventReceiver receiver, CancellationToken cancellationToken);

    /// <summary>Publishes events in their order. Repeating it publishes them again.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="records">The events; not kept.</param>
    /// <param name="cancellationToken">Stops waiting; what was handed over may be published.</param>
    /// <exception cref="Errors.FlowException">There is no such provider or kind of event here (<see cref="Errors.FlowErrorCode.BadOption"/>).</exception>
    Task PublishAsync(EventStreamName stream, IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken);
}

/// <summary>Names a stream.</summary>
/// <param name="Provider">The provider's name in the host.</param>
/// <param name="Namespace">The stream's namespace; empty for none.</param>
/// <param name="Key">The stream's key, as text; a Guid is its 32 hexadecimal digits.</param>
/// <param name="Event">The kind of its events in the host: <c>bytes</c>, <c>text</c>, or one that the host adds.</param>
public sealed record EventStreamName(string Provider, string Namespace, string Key, string Event)
{
    /// <summary>For messages.</summary>
    public override string ToString() => $"{Provider}/{(Namespace.Length > 0 ? $"{Namespace}/" : "")}{Key}";
}

/// <summary>A subscription; disposing it ends it.</summary>
public interface IEventSubscription : IAsyncDisposable
{
    /// <summary>Whether a later subscription may go on behind a place of this one.</summary>
    bool IsRewindable { get; }

    /// <summary>The place of an event as bytes.</summary>
    /// <param name="token">What the event came with.</param>
    ReadOnlyMemory<byte> PositionOf(object token);
}

/// <summary>Takes the events of a subscription.</summary>
public interface IEventReceiver
{
    /// <summary>Takes an event. It waits while there is no room; an event whose call fails comes again.</summary>
    /// <param name="record">Its bytes; kept.</param>
    /// <param name="token">Its place; null when the stream has none.</param>
    ValueTask TakeAsync(ReadOnlyMemory<byte> record, object? token);

    /// <summary>The stream is complete.</summary>
    ValueTask EndAsync();

    /// <summary>The stream failed, or events are missing.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="isGap">Whether events are no longer kept, and those that follow come.</param>
    ValueTask FailAsync(Exception failure, bool isGap);
}
