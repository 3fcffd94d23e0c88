namespace Orleans.Embedded;

/// <summary>What an entry of a stream is.</summary>
internal enum StreamEntryKind
{
    Items,
    Completed,
    Error,
}

/// <summary>One stream of one provider: keeps its subscriptions and its events until they are delivered. The key names both.</summary>
internal interface IStreamAgent : IGrainWithStringKey
{
    /// <summary>Appends; waits while the slowest consumer is too far behind.</summary>
    Task PublishAsync(StreamEntryKind kind, object?[] items);

    /// <summary>Adds a subscription.</summary>
    /// <param name="id">Its id, made by the consumer.</param>
    /// <param name="consumer">Who takes the events.</param>
    /// <param name="from">The number of the first batch wanted; null for events from now on.</param>
    /// <param name="fromIndex">The first event wanted of that batch.</param>
    /// <param name="filterData">What the provider's filter gets with each event; null for none.</param>
    Task SubscribeAsync(Guid id, GrainId consumer, long? from, int fromIndex, string? filterData);

    /// <summary>Ends a subscription; does nothing when there is none.</summary>
    Task UnsubscribeAsync(Guid id);

    /// <summary>Lets delivery go on at another place.</summary>
    /// <exception cref="InvalidOperationException">There is no such subscription.</exception>
    Task RewindAsync(Guid id, long from, int fromIndex);

    /// <summary>The subscriptions of a consumer.</summary>
    Task<Guid[]> GetSubscriptionsAsync(GrainId consumer);
}

/// <summary>Takes the events for the subscriptions of one grain or client.</summary>
internal interface IStreamConsumer : IGrainExtension
{
    /// <summary>Takes events; ends when the observer has dealt with them.</summary>
    Task DeliverAsync([Immutable] StreamDelivery delivery);
}

/// <summary>Events on their way to one consumer.</summary>
[GenerateSerializer]
internal sealed class StreamDelivery
{
    [Id(0)]
    public string Provider { get; set; } = "";

    [Id(1)]
    public StreamId StreamId { get; set; }

    [Id(2)]
    public Guid SubscriptionId { get; set; }

    [Id(3)]
    public StreamEntryKind Kind { get; set; }

    /// <summary>The number of the batch.</summary>
    [Id(4)]
    public long SequenceNumber { get; set; }

    /// <summary>The number of the first event in its batch.</summary>
    [Id(5)]
    public int FirstIndex { get; set; }

    /// <summary>The events, copied for this consumer; of an error, the exception.</summary>
    [Id(6)]
    public object?[] Items { get; set; } = [];
}

/// <summary>The stored part of a stream.</summary>
[GenerateSerializer]
internal sealed class StreamAgentState
{
    [Id(0)]
    public List<StoredSubscription> Subscriptions { get; set; } = [];
}

/// <summary>A subscription that a consumer has made.</summary>
[GenerateSerializer]
internal sealed class StoredSubscription
{
    [Id(0)]
    public Guid Id { get; set; }

    /// <summary>The text of the consumer's id.</summary>
    [Id(1)]
    public string Consumer { get; set; } = "";

    /// <summary>What the provider's filter gets with each event.</summary>
    [Id(2)]
    public string? FilterData { get; set; }
}
