using Orleans.Streams;

namespace Orleans.Configuration;

/// <summary>Which kinds of subscriptions the streams of a provider have.</summary>
public class StreamPubSubOptions
{
    /// <summary>The default of <see cref="PubSubType"/>.</summary>
    public const StreamPubSubType DEFAULT_STREAM_PUBSUB_TYPE = StreamPubSubType.ExplicitGrainBasedAndImplicit;

    /// <summary>The kinds.</summary>
    /// <value>Default <see cref="StreamPubSubType.ExplicitGrainBasedAndImplicit"/>.</value>
    public StreamPubSubType PubSubType { get; set; } = DEFAULT_STREAM_PUBSUB_TYPE;
}

/// <summary>How the events of a provider are delivered.</summary>
public class StreamPullingAgentOptions
{
    /// <summary>The default of <see cref="BatchContainerBatchSize"/>.</summary>
    public static readonly int DEFAULT_BATCH_CONTAINER_BATCH_SIZE = 1;

    /// <summary>The default of <see cref="GetQueueMsgsTimerPeriod"/>.</summary>
    public static readonly TimeSpan DEFAULT_GET_QUEUE_MESSAGES_TIMER_PERIOD = TimeSpan.FromMilliseconds(100);

    /// <summary>The default of <see cref="InitQueueTimeout"/>.</summary>
    public static readonly TimeSpan DEFAULT_INIT_QUEUE_TIMEOUT = TimeSpan.FromSeconds(5);

    /// <summary>The default of <see cref="MaxEventDeliveryTime"/>.</summary>
    public static readonly TimeSpan DEFAULT_MAX_EVENT_DELIVERY_TIME = TimeSpan.FromMinutes(1);

    /// <summary>The default of <see cref="StreamInactivityPeriod"/>.</summary>
    public static readonly TimeSpan DEFAULT_STREAM_INACTIVITY_PERIOD = TimeSpan.FromMinutes(30);

    /// <summary>How many batches are delivered at once. No effect here: a batch is delivered as it was published.</summary>
    /// <value>Default 1.</value>
    public int BatchContainerBatchSize { get; set; } = DEFAULT_BATCH_CONTAINER_BATCH_SIZE;

    /// <summary>Time between two looks into a queue. No effect here: events are delivered when they are published.</summary>
    /// <value>Default 100 ms.</value>
    public TimeSpan GetQueueMsgsTimerPeriod { get; set; } = DEFAULT_GET_QUEUE_MESSAGES_TIMER_PERIOD;

    /// <summary>How long a queue may take to start. No effect here: there is none to start.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan InitQueueTimeout { get; set; } = DEFAULT_INIT_QUEUE_TIMEOUT;

    /// <summary>How long delivery of a batch to a consumer is tried before the batch is skipped for it. Longer: a broken consumer is served later.</summary>
    /// <value>Default 1 min.</value>
    public TimeSpan MaxEventDeliveryTime { get; set; } = DEFAULT_MAX_EVENT_DELIVERY_TIME;

    /// <summary>How long a stream without events is remembered. No effect here: an idle stream is collected as other grains are.</summary>
    /// <value>Default 30 min.</value>
    public TimeSpan StreamInactivityPeriod { get; set; } = DEFAULT_STREAM_INACTIVITY_PERIOD;
}

/// <summary>How streams are spread over queues.</summary>
public class HashRingStreamQueueMapperOptions
{
    /// <summary>The default of <see cref="TotalQueueCount"/>.</summary>
    public const int DEFAULT_NUM_QUEUES = 8;

    /// <summary>The number of queues. No effect here: each stream is a queue of its own.</summary>
    /// <value>Default 8.</value>
    public int TotalQueueCount { get; set; } = DEFAULT_NUM_QUEUES;
}
