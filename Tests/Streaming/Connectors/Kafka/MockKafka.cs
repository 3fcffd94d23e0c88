using Confluent.Kafka;

namespace OrleansFlow.Tests.Streaming.Connectors.Kafka;

/// <summary>A broker inside librdkafka, on a port of the loopback: it speaks the protocol of Kafka, and forgets all at the end. It does not hold records of open transactions back.</summary>
internal sealed class MockKafka : IDisposable
{
    private readonly IProducer<byte[], byte[]> _producer = new ProducerBuilder<byte[], byte[]>(
        [new("bootstrap.servers", "127.0.0.1:1"), new("test.mock.num.brokers", "1")]).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();

    public MockKafka()
    {
        using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        var broker = admin.GetMetadata(TimeSpan.FromSeconds(20)).Brokers.Single();
        Servers = $"{broker.Host}:{broker.Port}";
    }

    public string Servers { get; }

    /// <summary>Makes a topic, of as many partitions as the broker likes.</summary>
    public int MakeTopic(string topic)
    {
        using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        while (true)
        {
            // The first answers may say that it is about to be made.
            if (admin.GetMetadata(topic, TimeSpan.FromSeconds(20)).Topics.Single() is { Error.IsError: false, Partitions.Count: > 0 } made)
            {
                return made.Partitions.Count;
            }
        }
    }

    public void Send(string topic, int partition, string value, long timeMillis = 1, byte[]? key = null, Headers? headers = null)
    {
        var message = new Message<byte[], byte[]> { Key = key!, Value = System.Text.Encoding.UTF8.GetBytes(value), Timestamp = new Timestamp(timeMillis, TimestampType.CreateTime), Headers = headers };
        while (true)
        {
            try
            {
                _producer.Produce(new TopicPartition(topic, partition), message);
                return;
            }
            catch (ProduceException<byte[], byte[]> exception) when (exception.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Flush(TimeSpan.FromSeconds(1));
            }
        }
    }

    public void Flush() => Assert.Equal(0, _producer.Flush(TimeSpan.FromSeconds(20)));

    /// <summary>Keeps the offset of a group for partition 0, as a broker keeps those of a transaction.</summary>
    public void KeepOffset(string group, string topic, long offset)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>([new("bootstrap.servers", Servers), new("group.id", group), new("enable.auto.commit", "false")]).Build();
        consumer.Commit([new TopicPartitionOffset(topic, 0, offset)]);
    }

    /// <summary>All records of a topic.</summary>
    public List<ConsumeResult<string, string>> ReadAll(string topic)
    {
        using var consumer = new ConsumerBuilder<string, string>(
            [new("bootstrap.servers", Servers), new("group.id", "reader"), new("enable.auto.commit", "false"), new("enable.partition.eof", "true"), new("auto.offset.reset", "earliest")]).Build();
        var partitions = MakeTopic(topic);
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var records = new List<ConsumeResult<string, string>>();
        for (var ends = 0; ends < partitions;)
        {
            var one = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(one);
            if (one.IsPartitionEOF)
            {
                ends++;
            }
            else
            {
                records.Add(one);
            }
        }

        return records;
    }

    public void Dispose() => _producer.Dispose();
}
