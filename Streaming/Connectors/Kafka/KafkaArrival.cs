using Confluent.Kafka;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>What the reading of a topic brings: a record, a partition that is read from now on, or a problem that does not end it.</summary>
/// <param name="Partition">Of the topic; -1 for a problem.</param>
/// <param name="NextOffset">Where reading goes on behind it.</param>
/// <param name="TimeMicros">The time that the record has.</param>
/// <param name="Key">Its key; null for none.</param>
/// <param name="Value">Its bytes; null for a deletion, and for what is no record.</param>
/// <param name="Problem">What happened.</param>
internal readonly record struct KafkaArrival(int Partition, long NextOffset, long TimeMicros, byte[]? Key, byte[]? Value, Exception? Problem = null)
{
    /// <summary>Its headers; null for none, and where no column asks for them.</summary>
    public Headers? Headers { get; init; }
}
